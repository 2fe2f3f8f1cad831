"""Boxes against reference boxes."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

COCO_THRESHOLDS = tuple(round(0.5 + 0.05 * i, 2) for i in range(10))


class Box(NamedTuple):
    """A box with its corner at `x`, `y` and a size `w`, `h`, in one image; `score` if predicted."""

    x: float
    y: float
    w: float
    h: float
    label: str = ""
    image: str = ""
    score: float = 1.0


def box_iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0 if they do not meet or have no area."""
    width = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    height = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    common = max(width, 0.0) * max(height, 0.0)
    union = a.w * a.h + b.w * b.h - common
    return common / union if union > 0 else 0.0


def accuracy_at(found: Box, true: Box, threshold: float = 0.5) -> float:
    """1 if the one box that was asked for reaches the threshold of IoU, else 0."""
    return float(box_iou(found, true) >= threshold)


def average_precision(found: Sequence[Box], true: Sequence[Box], threshold: float = 0.5) -> float:
    """Area under the precision-recall curve of boxes of one label over all images.

    Boxes are taken by falling score; each claims the free reference box of its image with the
    largest IoU, if that reaches the threshold. Precision is made non-increasing and all points
    count. NaN without reference boxes. Source: Everingham et al. (2010), IJCV 88:303 (VOC 2010).
    """
    if not true:
        return nan
    hits = _claims(sorted(found, key=lambda box: -box.score), true, threshold)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    best_after = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best_after[hits].sum() / len(true))


def mean_average_precision(
    found: Sequence[Box],
    true: Sequence[Box],
    thresholds: Sequence[float] = COCO_THRESHOLDS,
) -> float:
    """Mean of average precision over the reference's labels and the thresholds of IoU.

    Source: Lin et al. (2014), "Microsoft COCO", ECCV, with all points instead of 101.
    """
    labels = sorted({box.label for box in true})
    parts = [
        average_precision(
            [box for box in found if box.label == label],
            [box for box in true if box.label == label],
            threshold,
        )
        for label in labels
        for threshold in thresholds
    ]
    return float(np.mean(parts)) if parts else nan


def _claims(found: Sequence[Box], true: Sequence[Box], threshold: float) -> NDArray[np.bool_]:
    free = set(range(len(true)))
    hits = np.zeros(len(found), dtype=bool)
    for i, box in enumerate(found):
        near = [(box_iou(box, true[j]), -j) for j in free if true[j].image == box.image]
        best, j = max(near, default=(0.0, 0))
        if best >= threshold and best > 0:
            free.remove(-j)
            hits[i] = True
    return hits
