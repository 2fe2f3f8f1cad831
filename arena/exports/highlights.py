"""The errors raters marked in outputs, as rows of an export."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from arena.exports.data import ExportData
from arena.exports.schema import Cell, as_csv
from arena.voting.models import Highlight, Side
from arena.voting.places import ON_SLICE, SIDES

LETTERS = {Side.LEFT: "a", Side.RIGHT: "b"}


@dataclass(frozen=True)
class HighlightColumn:
    name: str
    meaning: str
    unit: str = ""


HIGHLIGHT_COLUMNS = (
    HighlightColumn("vote", "Id of the vote, as in the votes file"),
    HighlightColumn("output", "a was on the left, b on the right"),
    HighlightColumn("model", "System whose output is marked"),
    HighlightColumn("case", "Key of the case"),
    HighlightColumn("rater", "Pseudonym; the same person keeps it"),
    HighlightColumn("error_type", "Kind of error"),
    HighlightColumn("significant", "Would change what is done for the patient: yes or no"),
    HighlightColumn("quote", "The words marked; empty without a span, and for withdrawn cases"),
    HighlightColumn("start", "First character of the text as shown", "characters"),
    HighlightColumn("end", "Character after the last one", "characters"),
    HighlightColumn("x", "Left edge of a region", "pixels of the image or slice"),
    HighlightColumn("y", "Upper edge of a region", "pixels of the image or slice"),
    HighlightColumn("width", "Width of a region", "pixels of the image or slice"),
    HighlightColumn("height", "Height of a region", "pixels of the image or slice"),
    HighlightColumn("plane", "Of a volume: axial, coronal or sagittal; empty for an image"),
    HighlightColumn("slice", "Of a volume: from 0 at the feet, the back or the left"),
    HighlightColumn("x_mm", "Left edge, from the left edge of the slice as it is shown", "mm"),
    HighlightColumn("y_mm", "Upper edge, from the upper edge of the slice as it is shown", "mm"),
    HighlightColumn("width_mm", "Width of a region of a volume", "mm"),
    HighlightColumn("height_mm", "Height of a region of a volume", "mm"),
    HighlightColumn("slice_mm", "Of a volume: from the first slice of the plane", "mm"),
    HighlightColumn("note", "The rater's words, as typed"),
    HighlightColumn("place", "span, region, or none: something is missing, the note says what"),
)
HIGHLIGHT_NAMES = tuple(column.name for column in HIGHLIGHT_COLUMNS)
FIELDS = ("vote", "side", "error_type", "significant", "quote", "start", "end", "region", "note")
WITHDRAWN = "vote__ballot__comparison__case_version__case__withdrawn_at"


def highlight_rows(data: ExportData) -> Iterator[dict[str, Cell]]:
    """One row for each mark in a vote that counts, in the order of the votes."""
    counted = {row.vote: row for row in data.votes[data.headline].counted}
    found = Highlight.objects.filter(
        vote__ballot__study=data.study, vote__ballot__origin=data.origin, vote__lte=data.last_vote
    ).order_by("vote", "pk")
    for *values, withdrawn in found.values_list(*FIELDS, WITHDRAWN):
        mark = dict(zip(FIELDS, values, strict=True))
        vote = counted.get(mark["vote"])
        if vote is not None:
            model = vote.left if mark["side"] == Side.LEFT else vote.right
            about = {"model": model, "case": vote.case, "rater": vote.pseudonym}
            yield {**_cells(mark, withdrawn=withdrawn is not None), **about}


def _cells(mark: dict[str, Any], *, withdrawn: bool) -> dict[str, Cell]:
    region = mark["region"] or {}
    millimetres = region.get("mm") or {}
    return {
        "vote": mark["vote"],
        "output": LETTERS[mark["side"]],
        "error_type": mark["error_type"],
        "significant": "yes" if mark["significant"] else "no",
        "quote": "" if withdrawn else mark["quote"],
        "start": mark["start"],
        "end": mark["end"],
        **{name: region.get(name) for name in (*SIDES, *ON_SLICE)},
        **{f"{name}_mm": millimetres.get(name) for name in (*SIDES, "slice")},
        "note": mark["note"],
        "place": _place(mark),
    }


def _place(mark: dict[str, Any]) -> str:
    if mark["region"]:
        return "region"
    return "none" if mark["start"] is None else "span"


def highlight_columns_csv() -> bytes:
    rows = [{"column": c.name, "unit": c.unit, "meaning": c.meaning} for c in HIGHLIGHT_COLUMNS]
    return as_csv(("column", "unit", "meaning"), rows)
