"""Each of the 222 published systems can take part: its inputs are cases, its outputs are judged.

The list lies beside the project, not in it; without it these tests are skipped.
"""

import csv
import re

import pytest

pytest.importorskip("torch", reason="no torch: pip install '.[models]'")

from arena.generations.adapter_info import TEXTS
from arena.generations.adapters import CATALOGUE, info_fits
from arena.studies.formats import formats
from arena.voting.presenters import presenters
from evaluation.kinds import kinds
from tests.conftest import ROOT
from tests.inputs.examples import FILES
from tests.journeys.adapters import WRITERS, tasks

LIST = ROOT.parent / "shared" / "reference" / "systems.tsv"
NOT_SHOWN = {
    "embedding": "no person compares vectors: the probes judge an encoder by what it predicts",
    "documentation": "cards and vocabularies belong to the site, not to a ballot",
}
# What a case of each modality is here. Pictures of every specialty are one format with a modality.
HELD_AS = {
    **dict.fromkeys(
        ("radiograph", "dermatology", "fundus-oct", "ultrasound", "endoscopy", "pathology-roi",
         "microscopy", "gui-screen", "geospatial", "fluorescence-decay", "kspace"),
        "image-2d",
    ),
    **dict.fromkeys(("molecule", "protein", "dna-rna"), "text"),
    **dict.fromkeys(("single-cell", "omics-bulk", "survey-form", "model-artifact"), "table"),
    "ct-mr-volume": "volume",
    "pdf": "pdf-page",
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
        """Each of its outputs has come from an adapter that asks it, as records of files or JSON.

        That an adapter takes any kind proves nothing: what counts is that one has answered the
        kind, up to the ballot, in ``tests/journeys/test_every_adapter.py``.
        """
        outputs = set(words(row["output_kinds"])) - set(NOT_SHOWN)
        for given in outputs:
            asked = {name for name, kind in tasks() if kind == given} - {"precomputed"}
            assert {"http-json", "python-callable"} <= asked, given

    def test_how_many_can_be_loaded_from_their_weights(self) -> None:
        """The others need a server, a function or a file: a number that must not fall."""
        assert len([row for row in systems() if loaded_by(row)]) == FROM_WEIGHTS


FROM_WEIGHTS = 175
"""Of 222, those of whose tasks a local model's adapter does one on what it reads. It says nothing
about whether weights were published: most were not."""


def loaded_by(row: dict[str, str]) -> set[str]:
    """The adapters that load weights for one of its tasks, on what it reads."""
    inputs = {HELD_AS.get(kind, kind) for kind in words(row["input_modalities"])}
    return {
        name
        for name, kind in tasks()
        if CATALOGUE[name].has_weights and kind in words(row["output_kinds"])
        for reads in inputs
        if info_fits(CATALOGUE[name], reads, kind) and (name not in WRITERS or reads in WORDED)
    }


WORDED = (*TEXTS, "image-2d")
"""What a language model is told in words or shown as a picture."""


@pytest.mark.parametrize(
    ("reads", "asked"),
    [("clinical-note", "mask"), ("volume", "mask"), ("knowledge-graph", "boxes"),
     ("whole-slide", "report-structured"), ("time-series", "risk-score")],
)  # fmt: skip
def test_no_local_model_claims_what_it_cannot_do(reads: str, asked: str) -> None:
    row = {"input_modalities": reads, "output_kinds": asked}
    assert loaded_by(row) == set()


def test_what_every_modality_is_held_as_is_imported_and_shown_in_a_test() -> None:
    assert set(HELD_AS.values()) <= set(formats())
    assert set(HELD_AS.values()) <= set(FILES)


def test_the_twenty_on_the_page_go_the_way_it_says() -> None:
    page = (ROOT / "docs" / "register-your-model.md").read_text(encoding="utf-8")
    part = page.partition("## Twenty published systems")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| [^|]+ \| `(.+?)` \| `(.+?)` \| `(.+?)` \|", part, re.MULTILINE)
    assert len(rows) == 20
    for name, kind, reads in rows:
        assert (name, kind) in tasks()
        assert reads in FILES
        assert info_fits(CATALOGUE[name], reads, kind), (name, kind, reads)
