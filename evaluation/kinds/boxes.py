"""Boxes around things found in an image."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks, regions
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.boxes import Box, mean_average_precision
from evaluation.scores.pairs import iou_matrix, pair_overlap

MOST_BOXES = 500
SAME = 0.5
"""Intersection over union from which two boxes count as the same."""


class Boxes:
    """``{"boxes": [{"x", "y", "w", "h", "label", "score"}, …]}``, in pixels of the image.

    ``x`` and ``y`` are the upper left corner; ``score`` (0 to 1) may be left out. The canonical
    form is in order of label and place.
    """

    key = "boxes"
    title = "Boxes in an image"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["boxes"])
        size = regions.image_size(case, "boxes")
        given = checks.items(record["boxes"], "boxes", most=MOST_BOXES)
        found = [_box(item, f"boxes[{i}]", size) for i, item in enumerate(given)]
        return {"boxes": sorted(found, key=_order)}

    def is_empty(self, record: Record) -> bool:
        """Never: to find nothing is an answer."""
        return False

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Average precision at IoU 0.5 and over 0.5…0.95 (COCO), and F1 at IoU 0.5."""
        found, true = places(record), places(reference)
        return {
            "ap_50": mean_average_precision(found, true, thresholds=(SAME,)),
            "map": mean_average_precision(found, true),
            "f1_50": pair_overlap(iou_matrix(found, true), SAME).f1,
        }


def places(record: Record) -> list[Box]:
    return [
        Box(b["x"], b["y"], b["w"], b["h"], b["label"], score=b.get("score", 1.0))
        for b in record["boxes"]
    ]


def _order(box: Record) -> tuple[Any, ...]:
    return box["label"], *(box[key] for key in "yxhw"), box.get("score", 1.0)


def _box(item: Any, field: str, size: regions.Size) -> Record:
    checks.fields(item, field, required=["x", "y", "w", "h", "label"], optional=["score"])
    label = checks.word(item["label"], f"{field}.label")
    return {"label": label, **regions.box(item, field, size), **regions.score(item, field)}


KIND = Boxes()
