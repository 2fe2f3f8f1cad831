"""Scores of structures, sequences and molecules, each calculated by hand."""

from math import isnan, sqrt

import numpy as np
import pytest

from evaluation.scores import molecules, sequences, structures


def test_base_pairs_with_a_pseudoknot():
    assert structures.base_pairs("((.[))].") == {(0, 5), (1, 4), (3, 6)}
    assert structures.base_pairs("<A>a") == {(0, 2), (1, 3)}
    assert structures.base_pairs("....") == set()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("(.", r"'\(' at place 1 has no partner after it"),
        (".)", r"'\)' at place 2 has no partner before it"),
        ("(]", r"'\]' at place 2 has no partner before it"),
        ("..x", "'x' at place 3 has no partner"),
        (".?", r"'\?' at place 2"),
    ],
)
def test_a_line_that_is_no_structure_is_refused_with_its_place(line, message):
    with pytest.raises(ValueError, match=message):
        structures.base_pairs(line)


def test_base_pair_f1_counts_pairs_exact_to_the_base():
    found, true = "((..))..", "((...).)"  # (0,5),(1,4) against (0,7),(1,5)
    assert structures.base_pair_overlap(found, true).f1 == 0
    # (0,7), (1,6), (2,5) against (0,7), (2,5)
    overlap = structures.base_pair_overlap("(((..)))", "(.(..).)")
    assert (overlap.precision, overlap.recall) == (2 / 3, 1)
    assert structures.base_pair_overlap("....", "....").f1 == 1
    with pytest.raises(ValueError, match="4 places against 3"):
        structures.base_pair_overlap("(..)", "...")


def test_atoms_are_superposed_before_they_are_compared():
    true = np.array([(0, 0, 0), (2, 0, 0), (0, 3, 0), (0, 0, 5)], dtype=float)
    turned = true @ np.array([(0, 1, 0), (-1, 0, 0), (0, 0, 1)]) + (4, 5, 6)
    assert structures.superposed_deviation(turned, true) == pytest.approx(0, abs=1e-9)
    mirrored = true * (1, 1, -1)
    assert structures.superposed_deviation(mirrored, true) > 0.5
    # two atoms 2 apart against 4 apart: each is 1 off
    pair, wider = [(0, 0, 0), (2, 0, 0)], [(0, 0, 0), (0, 4, 0)]
    assert structures.superposed_deviation(pair, wider) == pytest.approx(1)
    assert structures.superposed_deviation([(1, 2, 3)], [(4, 5, 6)]) == 0


@pytest.mark.parametrize(
    ("found", "message"), [([(1, 2)], "rows of three"), ([(1, 2, np.nan)], "missing")]
)
def test_atoms_that_cannot_be_compared_are_refused(found, message):
    with pytest.raises(ValueError, match=message):
        structures.superposed_deviation(found, found)


def test_sequences_are_compared_place_by_place():
    assert sequences.identity("ACDE", "ACDF") == 0.75
    assert sequences.identity("ACD", "ACDE") == 0.75
    assert sequences.identity("", "") == 1
    assert sequences.recovery({"a": "ACDE"}, {"a": "ACDF", "b": "KK"}) == (0.75 + 0) / 2
    assert isnan(sequences.recovery({}, {}))


def test_diversity_is_the_mean_distance_of_pairs():
    assert sequences.diversity(["AAAA", "AAAC", "CCCC"]) == pytest.approx((1 / 4 + 1 + 3 / 4) / 3)
    assert isnan(sequences.diversity(["AAAA"]))


@pytest.mark.parametrize(
    ("smiles", "problem"),
    [
        ("CC(=O)Oc1ccccc1C(=O)O", ""),
        ("[NH4+].[Cl-]", ""),
        ("C1CC", "a ring is open"),
        ("CC(C", "a branch is open"),
        ("CQ", "unexpected 'Q' at character 2"),
        ("C=", "it ends without an atom"),
    ],
)
def test_what_keeps_a_smiles_from_being_read_is_said(smiles, problem):
    assert molecules.smiles_problem(smiles) == problem


def test_heavy_atoms_of_aspirin():
    assert molecules.heavy_atoms("CC(=O)Oc1ccccc1C(=O)O") == 13
    assert molecules.heavy_atoms("[H]O[2H]") == 1


def test_superposed_deviation_of_a_triangle():
    # equilateral triangles of side 3 and 6 around their centres: radii √3 and 2√3, √3 apart
    small = np.array([(0, 0, 0), (3, 0, 0), (1.5, 1.5 * sqrt(3), 0)])
    assert structures.superposed_deviation(small, 2 * small) == pytest.approx(sqrt(3))
