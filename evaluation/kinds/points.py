"""Points set on things in an image, or tracks of points over time."""

from collections.abc import Mapping
from math import hypot
from typing import Any

from evaluation.kinds import checks, regions
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.overlap import Overlap
from evaluation.scores.points import point_overlap

MOST_POINTS = 2_000
NEAR = 0.02
"""Share of the image's diagonal within which two points count as the same."""


class Points:
    """``{"points": [{"x", "y", "t", "label"}, …]}``, in pixels of the image.

    ``t`` (a time or a frame's number) may be left out; points of one label with times are a track.
    The canonical form is in order of label, time and place.
    """

    key = "points"
    title = "Points in an image"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["points"])
        size = regions.image_size(case, "points")
        given = checks.items(record["points"], "points", most=MOST_POINTS)
        found = [_point(item, f"points[{i}]", size) for i, item in enumerate(given)]
        return {"points": sorted(found, key=_order)}

    def is_empty(self, record: Record) -> bool:
        """Never: to find nothing is an answer."""
        return False

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """F1, precision and recall of points of equal label paired off within 2 % of the diagonal.

        Points at equal times (or without) are paired only.
        """
        found, true = by_label(record), by_label(reference)
        total = Overlap(0, 0, 0, 0)
        for key in {*found, *true}:
            total += point_overlap(found.get(key, []), true.get(key, []), near(case))
        return {"f1": total.f1, "precision": total.precision, "recall": total.recall}


def near(case: CaseFacts) -> float:
    """Pixels within which two points count as the same."""
    return NEAR * hypot(*regions.image_size(case, "points"))


def by_label(record: Record) -> dict[tuple[str, float | None], list[tuple[float, float]]]:
    """Label and time → places."""
    found: dict[tuple[str, float | None], list[tuple[float, float]]] = {}
    for point in record["points"]:
        found.setdefault((point["label"], point.get("t")), []).append((point["x"], point["y"]))
    return found


def _point(item: Any, field: str, size: regions.Size) -> Record:
    checks.fields(item, field, required=["x", "y", "label"], optional=["t"])
    label = checks.word(item["label"], f"{field}.label")
    x, y = regions.place(item, field, size)
    timed = {} if item.get("t") is None else {"t": checks.number(item["t"], f"{field}.t", least=0)}
    return {"label": label, "x": x, "y": y, **timed}


def _order(point: Record) -> tuple[Any, ...]:
    return point["label"], point.get("t", -1.0), point["y"], point["x"]


KIND = Points()
