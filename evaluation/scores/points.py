"""Points against reference points, matched one to one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from evaluation.scores.overlap import Overlap

Pairs = NDArray[np.intp]


def match_points(found: ArrayLike, true: ArrayLike, radius: float) -> Pairs:
    """(m, 2) positions of matched points of (n, d) `found` and (k, d) `true`.

    As many pairs as possible within the radius, and of these the set with the least total
    distance. Source: Kuhn (1955), Nav Res Logist Q 2:83 (assignment problem).
    """
    ours, theirs = np.atleast_2d(found), np.atleast_2d(true)
    if not ours.size or not theirs.size:
        return np.zeros((0, 2), dtype=np.intp)
    distance = cdist(ours, theirs)
    near = distance <= radius
    too_far = (radius + 1) * (1 + min(distance.shape))  # one pair more always pays
    rows, columns = linear_sum_assignment(np.where(near, distance, too_far))
    kept = near[rows, columns]
    return np.column_stack([rows[kept], columns[kept]])


def point_overlap(found: ArrayLike, true: ArrayLike, radius: float) -> Overlap:
    """Precision, recall and F1 of points matched one to one within a radius."""
    common = len(match_points(found, true, radius))
    return Overlap(common, _n_points(found), common, _n_points(true))


def _n_points(points: ArrayLike) -> int:
    array = np.asarray(points, dtype=float)
    return len(np.atleast_2d(array)) if array.size else 0
