"""Things of two lists paired off, one to one, by how much they are alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from evaluation.scores.boxes import Box
from evaluation.scores.overlap import Overlap

FloatArray = NDArray[np.float64]
Pairs = NDArray[np.intp]


def pair_off(likeness: ArrayLike, least: float) -> Pairs:
    """(m, 2) positions of pairs of an (n, k) likeness that reach `least`, which is above 0.

    As many pairs as possible, and of these the set with the greatest likeness in all. Source: Kuhn
    (1955), Nav Res Logist Q 2:83 (assignment problem).
    """
    alike = np.asarray(likeness, dtype=float)
    if not alike.size:
        return np.zeros((0, 2), dtype=np.intp)
    enough = alike >= least
    bonus = 1 + alike.max() * min(alike.shape)  # one pair more always pays
    rows, columns = linear_sum_assignment(np.where(enough, alike + bonus, 0.0), maximize=True)
    kept = enough[rows, columns]
    return np.column_stack([rows[kept], columns[kept]])


def pair_overlap(likeness: ArrayLike, least: float) -> Overlap:
    """Precision, recall and F1 of things paired off one to one."""
    found, true = np.asarray(likeness).shape
    common = len(pair_off(likeness, least))
    return Overlap(common, found, common, true)


def iou_matrix(found: Sequence[Box], true: Sequence[Box], *, labelled: bool = True) -> FloatArray:
    """(n, k) intersection over union; 0 for boxes of other labels, unless `labelled` is false."""
    a, b = (_numbers(side) for side in (found, true))
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum((a[:, :2] + a[:, 2:])[:, None], (b[:, :2] + b[:, 2:])[None])
    common = np.clip(high - low, 0, None).prod(axis=2)
    union = a[:, 2:].prod(axis=1)[:, None] + b[:, 2:].prod(axis=1)[None] - common
    overlap = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    if labelled and overlap.size:
        overlap *= np.array([[one.label == other.label for other in true] for one in found])
    return np.asarray(overlap)


def _numbers(boxes: Sequence[Box]) -> FloatArray:
    """(n, 4) x, y, w, h."""
    return np.array([box[:4] for box in boxes], dtype=float).reshape(-1, 4)
