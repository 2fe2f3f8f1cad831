"""Points against reference points, matched one to one.

`found` (n, d) and `true` (k, d) are positions in any unit, `radius` is in the same. Raises
`ValueError` for points of unequal dimension, a position that is missing or infinite, and a radius
below 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import block_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from evaluation.scores.columns import FloatArray, numbers
from evaluation.scores.overlap import Overlap

Pairs = NDArray[np.intp]
NONE = np.zeros((0, 2), dtype=np.intp)


def match_points(found: ArrayLike, true: ArrayLike, radius: float) -> Pairs:
    """(m, 2) positions of matched points of `found` and `true`.

    As many pairs as possible within the radius, and of these the set with the least total
    distance; so no point counts twice. Source: Kuhn (1955), Nav Res Logist Q 2:83 (assignment
    problem); Sirinukunwattana et al. (2016), IEEE TMI 35:1196, for its use with cells.
    """
    ours, theirs = _points(found), _points(true)
    if not radius >= 0:
        raise ValueError(f"the radius must be 0 or more, not {radius}")
    if not len(ours) or not len(theirs):
        return NONE
    if ours.shape[1] != theirs.shape[1]:
        raise ValueError(
            f"points of {ours.shape[1]} against points of {theirs.shape[1]} dimensions"
        )
    parts = [
        _assigned(ours, theirs, i, j, radius) for i, j in _neighbourhoods(ours, theirs, radius)
    ]
    return np.concatenate([NONE, *parts])


def point_overlap(found: ArrayLike, true: ArrayLike, radius: float) -> Overlap:
    """Precision, recall and F1 of points matched one to one within a radius."""
    common = len(match_points(found, true, radius))
    return Overlap(common, len(_points(found)), common, len(_points(true)))


def _neighbourhoods(
    ours: FloatArray, theirs: FloatArray, radius: float
) -> list[tuple[Pairs, Pairs]]:
    """Positions of points that can only be matched with each other: many small problems."""
    reach = np.nextafter(radius, np.inf)
    near = cKDTree(ours).sparse_distance_matrix(cKDTree(theirs), reach, output_type="coo_matrix")
    near.data[:] = 1  # a distance of 0 would be no entry
    graph = block_array([[None, near], [near.T, None]], format="csr")
    n_parts, part = connected_components(graph, directed=False)
    order = np.argsort(part, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(part, minlength=n_parts))[:-1])
    split = ((group[group < len(ours)], group[group >= len(ours)] - len(ours)) for group in groups)
    return [(i, j) for i, j in split if i.size and j.size]


def _assigned(ours: FloatArray, theirs: FloatArray, i: Pairs, j: Pairs, radius: float) -> Pairs:
    distance = cdist(ours[i], theirs[j])
    near = distance <= radius
    too_far = (radius + 1) * (1 + min(distance.shape))  # one pair more always pays
    rows, columns = linear_sum_assignment(np.where(near, distance, too_far))
    kept = near[rows, columns]
    return np.column_stack([i[rows[kept]], j[columns[kept]]])


def _points(points: ArrayLike) -> FloatArray:
    array = numbers(points, "a position")
    return np.atleast_2d(array) if array.size else np.zeros((0, 1))
