"""Each of the 222 published systems can take part: its inputs are cases, its outputs are judged.

The list lies beside the project, not in it; without it these tests are skipped.
"""

import csv

import pytest

from arena.generations.adapters import adapters_for
from arena.studies.formats import formats
from arena.voting.presenters import presenters
from evaluation.kinds import kinds
from tests.conftest import ROOT

LIST = ROOT.parent / "shared" / "reference" / "systems.tsv"
NOT_SHOWN = {
    "embedding": "no person compares vectors: the probes judge an encoder by what it predicts",
    "documentation": "cards and vocabularies belong to the site, not to a ballot",
}
# What a case of each modality is here. Pictures of every specialty are one format with a modality.
HELD_AS = {
    **dict.fromkeys(
        ("radiograph", "dermatology", "fundus-oct", "ultrasound", "endoscopy", "pathology-roi",
         "microscopy", "gui-screen", "geospatial", "fluorescence-decay", "kspace", "pdf"),
        "image-2d",
    ),
    **dict.fromkeys(("molecule", "protein", "dna-rna"), "text"),
    **dict.fromkeys(("single-cell", "omics-bulk", "survey-form", "model-artifact"), "table"),
    "ct-mr-volume": "volume",
    "wsi": "whole-slide",
    "graph": "knowledge-graph",
    "simulation-state": "time-series",
}  # fmt: skip


def systems() -> list[dict[str, str]]:
    if not LIST.exists():
        return []
    with LIST.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def words(cell: str) -> list[str]:
    return [word.strip() for word in cell.split(",")]


@pytest.mark.skipif(not LIST.exists(), reason=f"no list of systems at {LIST}")
class TestThePublishedSystems:
    def test_there_are_222(self) -> None:
        assert len(systems()) == 222

    def test_every_output_they_give_is_a_kind_that_raters_are_shown(self) -> None:
        given = {kind for row in systems() for kind in words(row["output_kinds"])}
        assert given - set(kinds()) - set(NOT_SHOWN) == set()
        assert given - set(presenters()) - set(NOT_SHOWN) == set()

    def test_every_input_they_take_is_a_case_that_can_be_imported(self) -> None:
        taken = {kind for row in systems() for kind in words(row["input_modalities"])}
        held = {HELD_AS.get(kind, kind) for kind in taken}
        assert held - set(formats()) == set()

    @pytest.mark.parametrize("row", systems(), ids=lambda row: f"{row['n']}-{row['short_name']}")
    def test_a_system_can_answer_a_case_of_its_kind(self, row: dict[str, str]) -> None:
        """By an adapter that runs it or asks it, not only by uploaded outputs."""
        inputs = {HELD_AS.get(kind, kind) for kind in words(row["input_modalities"])}
        outputs = set(words(row["output_kinds"])) - set(NOT_SHOWN)
        pairs = [(i, o) for i in inputs for o in outputs] or [("text", "label-probabilities")]
        for taken, given in pairs:
            found = {info.name for info in adapters_for(input_kind=taken, output_kind=given)}
            assert {"precomputed", "http-json", "openai-compatible"} <= found, (taken, given)


def test_the_places_named_here_exist() -> None:
    assert set(HELD_AS.values()) <= set(formats())
