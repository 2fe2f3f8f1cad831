"""Shapes over the case's image, each told by how the other side marked the same place."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.studies.formats.image_2d import looks_told
from arena.studies.formats.whole_slide import slide_data
from arena.studies.readers.modalities import modality_name
from arena.voting.lengths import area_told, pair_told, spacing_is_fine
from arena.voting.presenters.base import Shown
from arena.voting.presenters.meetings import MEANING, Meeting
from arena.voting.presenters.palette import PALETTE
from evaluation.kinds.base import CaseFacts, Record
from evaluation.kinds.regions import image_size

MOST_NAMED = 12
"""Shapes whose label is written beside them; with more, only their numbers are."""
MOST_NUMBERED = 60
SAME, TOUCHING = 0.5, 0.1
"""Overlap (intersection over union) from which two shapes are the same, or at least meet."""

Items = Sequence[Record]
Overlaps = Callable[[Items, Items], NDArray[np.float64]]
"""(n, k) overlap of each item of one side with each of the other, whatever their labels."""


def has_picture(case: CaseFacts) -> bool:
    """Whether the case is one image or slide; volumes and clips have sizes as well."""
    flat = "spacing_mm" in case.extra and "depth" not in case.extra
    return bool(case.width and case.height) and flat


def image_of(shown: Shown) -> dict[str, Any]:
    """What the picture below the shapes needs; the size of text is for a page without scripts."""
    width, height = image_size(shown.case, "image")
    return {
        "width": width,
        "height": height,
        "text_size": round(max(width, height) / 30, 1),
        "spacing_mm": shown.case.extra.get("spacing_mm"),
        "sides": shown.case.extra.get("sides"),
        **picture_of(shown),
    }


def picture_of(shown: Shown) -> dict[str, Any]:
    """An image is one file; a slide is seen through a viewer that fetches its tiles."""
    if "levels" in shown.case.extra:
        return {"slide": slide_data(shown.case.extra, shown.asset_url)}
    modality = modality_name(shown.case.extra.get("modality", ""))
    looks = looks_told(shown.case.extra, shown.asset_url)
    return {"image_url": shown.asset_url("image"), "modality": modality, "looks": looks}


def numbers(shown: Shown, field: str) -> dict[str, int]:
    """Label → its number, of both sides together, so that a label has the same on each."""
    records = [shown.record, *([shown.other] if shown.other else [])]
    labels = sorted({item["label"] for record in records for item in record[field]})
    return {label: number for number, label in enumerate(labels, start=1)}


def colours(shown: Shown, field: str) -> dict[str, int]:
    """Label → colour; with more labels than colours, some have the same."""
    found = numbers(shown, field)
    return {label: (number - 1) % len(PALETTE) + 1 for label, number in found.items()}


def meetings(own: Items, others: Items, overlaps: Overlaps) -> list[Meeting]:
    """What the other side made of each shape."""
    if not own or not others:
        return [Meeting.ONLY] * len(own)
    found = overlaps(own, others)
    codes = {label: i for i, label in enumerate({item["label"] for item in (*own, *others)})}
    mine, theirs = (np.array([codes[item["label"]] for item in side]) for side in (own, others))
    alike = mine[:, None] == theirs[None]
    same = (found >= SAME) & alike
    touching = (found >= TOUCHING) & alike
    tests = np.column_stack([test.any(axis=1) for test in (same, touching, found >= SAME)])
    return [_first(row) for row in tests.tolist()]


def _first(tests: list[bool]) -> Meeting:
    order = (Meeting.BOTH, Meeting.BOUNDARY, Meeting.TYPE)
    return next((met for met, holds in zip(order, tests, strict=True) if holds), Meeting.ONLY)


def shapes(
    shown: Shown, field: str, overlaps: Overlaps, draw: Callable[[Record], dict[str, Any]]
) -> list[dict[str, Any]]:
    """The items of ``record[field]`` in order, numbered, coloured, and compared.

    ``draw`` gives the outline (``path``, as SVG), and where the text goes (``x``, ``y``).
    """
    own, colour, numbered = shown.record[field], colours(shown, field), numbers(shown, field)
    met = meetings(own, shown.other[field], overlaps) if shown.other else [None] * len(own)
    return [
        {
            "number": number,
            "label": item["label"],
            "label_number": numbered[item["label"]],
            "colour": colour[item["label"]],
            "meeting": meeting,
            "told": str(MEANING[meeting]) if meeting else "",
            "text": _text(number, item["label"], len(own)),
            "score": item.get("score"),
            **draw(item),
        }
        for number, (item, meeting) in enumerate(zip(own, met, strict=True), start=1)
    ]


def _text(number: int, label: str, of: int) -> str:
    return f"{number} {label}" if of <= MOST_NAMED else str(number) if of <= MOST_NUMBERED else ""


def counts(shown: Shown, field: str) -> list[dict[str, Any]]:
    """How many of each label, of all labels of either side, so that none is missed."""
    own = [item["label"] for item in shown.record[field]]
    return [
        {"label": label, "colour": colour, "count": own.count(label)}
        for label, colour in colours(shown, field).items()
    ]


def any_has(shown: Shown, field: str, key: str) -> bool:
    """Whether a side says ``key`` of anything: both then get the column."""
    records = [shown.record, *([shown.other] if shown.other else [])]
    return any(item.get(key) is not None for record in records for item in record[field])


def polyline(corners: Collection[Sequence[float]], *, closed: bool = True) -> str:
    """An SVG path through corners."""
    line = "L".join(f"{x:g} {y:g}" for x, y in corners)
    return f"M{line}{'z' if closed else ''}"


def size_told(spacing: Sequence[float] | None, w: float, h: float) -> str:
    """Width and height where ``spacing`` is known: that of rows, then of columns, in mm."""
    if not spacing:
        return ""
    return pair_told(w * spacing[1], h * spacing[0], " × ", fine=spacing_is_fine(spacing))


def surface_told(spacing: Sequence[float] | None, pixels: float) -> str:
    """The area of pixels where ``spacing`` is known."""
    if not spacing:
        return ""
    return area_told(pixels * spacing[0] * spacing[1], fine=spacing_is_fine(spacing))


def bounds(corners: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """x, y, width and height of what holds all corners (n, 2)."""
    low, size = corners.min(axis=0), np.ptp(corners, axis=0)
    return float(low[0]), float(low[1]), float(size[0]), float(size[1])
