"""Regions of an image, one mask per named object."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError
from evaluation.kinds.rle import Mask, rle_decode, rle_encode
from evaluation.scores.masks import dice, iou

MOST_PIXELS_A_SIDE = 8192
MOST_OBJECTS = 256
MOST_PIXELS_OF_ALL = 400_000_000
"""Of all objects together: what runs pack into bytes is unpacked to be shown."""


class SegmentationMask:
    """``{"width": int, "height": int, "objects": [{"label": str, "counts": [int, …]}, …]}``.

    ``counts`` are run lengths row by row, beginning with background; they sum to width × height.
    """

    key = "mask"
    title = "Segmentation mask"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["width", "height", "objects"])
        width, height = (_side(record[name], name, case) for name in ("width", "height"))
        objects = checks.items(record["objects"], "objects", most=MOST_OBJECTS)
        if len(objects) * width * height > MOST_PIXELS_OF_ALL:
            problem = f"are too many for an image this large: at most {MOST_PIXELS_OF_ALL:,} pixels"
            raise RecordError("objects", f"{problem} in all objects together")
        found = [_object(item, f"objects[{i}]", width, height) for i, item in enumerate(objects)]
        return {"width": width, "height": height, "objects": found}

    def is_empty(self, record: Record) -> bool:
        return not any(sum(item["counts"][1::2]) for item in record["objects"])

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Dice and intersection over union, averaged over the labels in either record."""
        got, wanted = masks_by_label(record), masks_by_label(reference)
        nothing = np.zeros((reference["height"], reference["width"]), dtype=bool)
        pairs = [(got.get(k, nothing), wanted.get(k, nothing)) for k in {*got, *wanted}]
        return {
            "dice": float(np.mean([dice(a, b) for a, b in pairs] or [1.0])),
            "iou": float(np.mean([iou(a, b) for a, b in pairs] or [1.0])),
        }


def masks_by_label(record: Record) -> dict[str, Mask]:
    """Label → (height, width) mask; objects of one label are joined. In order of label."""
    found: dict[str, Mask] = {}
    for item in sorted(record["objects"], key=lambda item: str(item["label"])):
        mask = rle_decode(item["counts"], width=record["width"], height=record["height"])
        found[item["label"]] = found[item["label"]] | mask if item["label"] in found else mask
    return found


def _side(value: Any, name: str, case: CaseFacts) -> int:
    size = checks.whole(value, name, least=1, most=MOST_PIXELS_A_SIDE)
    wanted = case.width if name == "width" else case.height
    if wanted is not None and size != wanted:
        raise RecordError(name, f"is {size}, but the image has {wanted}")
    return size


def _object(item: Any, field: str, width: int, height: int) -> Record:
    checks.fields(item, field, required=["label", "counts"])
    label = checks.word(item["label"], f"{field}.label")
    counts = checks.items(item["counts"], f"{field}.counts", most=width * height + 1)
    runs = [checks.whole(run, f"{field}.counts[{i}]") for i, run in enumerate(counts)]
    if sum(runs) != width * height:
        problem = f"sum to {sum(runs):,}; {width} × {height} pixels are {width * height:,}"
        raise RecordError(f"{field}.counts", problem)
    return {"label": label, "counts": rle_encode(rle_decode(runs, width=width, height=height))}


KIND = SegmentationMask()
