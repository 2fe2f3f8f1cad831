"""SMILES and sequences as they are written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.scores.molecules import heavy_atoms, smiles_problem
from evaluation.scores.sequences import diversity, identity, recovery


@pytest.mark.parametrize(
    ("smiles", "atoms"),
    [
        ("CC(=O)Oc1ccccc1C(=O)O", 13),  # aspirin
        ("CN1C=NC2=C1C(=O)N(C(=O)N2C)C", 14),  # caffeine
        ("C[C@@H](N)C(=O)O", 6),
        ("[NH4+].[Cl-]", 2),
        ("C%12CCCC%12", 5),
        ("[13CH3]C", 2),
        ("[2H]O[2H]", 1),
        ("F/C=C/F", 4),
        ("c1ccc2[nH]ccc2c1", 9),
    ],
)
def test_what_keeps_to_the_grammar_is_read(smiles: str, atoms: int) -> None:
    assert smiles_problem(smiles) == ""
    assert heavy_atoms(smiles) == atoms


@pytest.mark.parametrize(
    ("smiles", "problem"),
    [
        ("", "it ends without an atom"),
        ("CC=", "it ends without an atom"),
        ("C(", "it ends without an atom"),
        ("C(C", "a branch is open"),
        ("C1CC", "a ring is open"),
        ("C)", "unexpected ')' at character 2"),
        ("=CC", "unexpected '=' at character 1"),
        ("C==C", "unexpected '=' at character 3"),
        ("C[", "unexpected '[' at character 2"),
        ("C[water]", "unexpected '[' at character 2"),
        ("CXe", "unexpected 'X' at character 2"),
        ("aspirin", "unexpected 'a' at character 1"),
    ],
)
def test_what_cannot_be_read_says_where(smiles: str, problem: str) -> None:
    assert smiles_problem(smiles) == problem


@given(st.text(alphabet="CNOc1%2()[]=#+-H.@", max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert isinstance(smiles_problem(text), str)
    assert heavy_atoms(text) >= 0


def test_identity_counts_equal_places_over_the_longer_sequence() -> None:
    assert (identity("ACGT", "ACGA"), identity("AC", "ACGT"), identity("", "")) == (0.75, 0.5, 1.0)
    assert recovery({"a": "ACGT"}, {"a": "ACGA", "b": "A"}) == 0.375
    assert diversity(["AA", "AC", "CC"]) == pytest.approx((0.5 + 1 + 0.5) / 3)
    assert math.isnan(diversity(["A"]))
    assert math.isnan(recovery({"a": "A"}, {}))
