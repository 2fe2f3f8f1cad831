"""Boxes against reference boxes.

Raises `ValueError` for a box with a side below 0 or a number that is missing or infinite.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import isfinite, nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

COCO_THRESHOLDS = tuple(round(0.5 + 0.05 * i, 2) for i in range(10))
COCO_RECALLS = np.linspace(0, 1, 101)
MOST_PER_IMAGE = 100  # boxes of one label in one image that COCO counts, those with the best scores
FloatArray = NDArray[np.float64]
Hits = NDArray[np.bool_]


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
    """Intersection over union of two boxes, 0 if they do not meet or have no area.

    Source: Everingham et al. (2010), IJCV 88:303.
    """
    width = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    height = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    common = max(width, 0.0) * max(height, 0.0)
    union = a.w * a.h + b.w * b.h - common
    return common / union if union > 0 else 0.0


def accuracy_at(found: Box, true: Box, threshold: float = 0.5) -> float:
    """1 if the one box that was asked for reaches the threshold of IoU, else 0.

    Source: Kazemzadeh et al. (2014), "ReferItGame", EMNLP.
    """
    _refuse_impossible([found, true])
    return float(box_iou(found, true) >= threshold)


def average_precision(found: Sequence[Box], true: Sequence[Box], threshold: float = 0.5) -> float:
    """Area under the precision-recall curve of boxes of one label over all images.

    Boxes are taken by falling score; each claims the free reference box of its image with the
    largest IoU, if that reaches the threshold. Precision is made non-increasing and all points
    count. NaN without reference boxes. Source: Everingham et al. (2010), IJCV 88:303 (VOC 2010).
    """
    if not true:
        return nan
    hits = _claims(found, true, [threshold])[0]
    return float(_falling_precision(hits)[hits].sum() / len(true))


def mean_average_precision(
    found: Sequence[Box],
    true: Sequence[Box],
    thresholds: Sequence[float] = COCO_THRESHOLDS,
) -> float:
    """Mean over the reference's labels and the thresholds of the precision at 101 recalls.

    Equals the first figure of COCO's evaluation (AP, all areas, the 100 best boxes per image and
    label). NaN without reference boxes. Source: Lin et al. (2014), "Microsoft COCO", ECCV;
    pycocotools.
    """
    labels = sorted({box.label for box in true})
    parts = [
        _at_recalls(_best([box for box in found if box.label == label]), theirs, thresholds)
        for label in labels
        for theirs in [[box for box in true if box.label == label]]
    ]
    return float(np.mean(parts)) if parts else nan


def _at_recalls(found: Sequence[Box], true: Sequence[Box], thresholds: Sequence[float]) -> float:
    """Precision at 101 recalls, averaged over them and over the thresholds; 0 beyond the last."""
    total = 0.0
    for hits in _claims(found, true, thresholds):
        recall = np.cumsum(hits) / len(true)
        place = np.searchsorted(recall, COCO_RECALLS, side="left")
        total += np.append(_falling_precision(hits), 0.0)[place].mean()
    return total / len(thresholds)


def _falling_precision(hits: Hits) -> FloatArray:
    """Precision after each box, raised to the best that comes later."""
    precision = np.cumsum(hits) / np.arange(1, hits.size + 1)
    return np.asarray(np.maximum.accumulate(precision[::-1])[::-1])


def _best(found: Sequence[Box]) -> list[Box]:
    """The boxes that count, 100 per image, images in order of name."""
    by_image: defaultdict[str, list[Box]] = defaultdict(list)
    for box in sorted(found, key=lambda box: -box.score):
        by_image[box.image].append(box)
    return [box for image in sorted(by_image) for box in by_image[image][:MOST_PER_IMAGE]]


def _claims(found: Sequence[Box], true: Sequence[Box], thresholds: Sequence[float]) -> Hits:
    """(T, n) whether each box, by falling score, claims a reference box at each threshold."""
    _refuse_impossible([*found, *true])
    places: defaultdict[str, list[int]] = defaultdict(list)
    for j, box in enumerate(true):
        places[box.image].append(j)
    theirs = {image: np.array([true[j][:4] for j in at]) for image, at in places.items()}
    free = {image: np.ones((len(thresholds), len(at)), dtype=bool) for image, at in places.items()}
    least = np.minimum(thresholds, 1 - 1e-10)[:, None]
    hits = np.zeros((len(thresholds), len(found)), dtype=bool)
    for i, box in enumerate(sorted(found, key=lambda box: -box.score)):
        if box.image in theirs:
            overlap = _overlap(box, theirs[box.image])
            open_ones = free[box.image] & (overlap >= least) & (overlap > 0)
            last_best = overlap.size - 1 - np.where(open_ones, overlap, -1.0)[:, ::-1].argmax(1)
            hits[:, i] = open_ones.any(1)
            free[box.image][hits[:, i], last_best[hits[:, i]]] = False
    return hits


def _overlap(box: Box, others: FloatArray) -> FloatArray:
    """(m,) IoU of a box with others (m, 4)."""
    low = np.maximum(others[:, :2], (box.x, box.y))
    high = np.minimum(others[:, :2] + others[:, 2:], (box.x + box.w, box.y + box.h))
    common = np.clip(high - low, 0, None).prod(1)
    union = others[:, 2:].prod(1) + box.w * box.h - common
    return np.asarray(np.divide(common, union, out=np.zeros(len(others)), where=union > 0))


def _refuse_impossible(boxes: Sequence[Box]) -> None:
    for box in boxes:
        if not all(map(isfinite, (*box[:4], box.score))) or box.w < 0 or box.h < 0:
            raise ValueError(f"not a box: {box}")
