"""What a space of embeddings is ordered by: what matters, or where it was made.

`embeddings` (n, d); `classes` and `centers` (n,) labels. Neighbours are the k nearest by cosine
distance, never the item itself. Raises `ValueError` for columns of unequal length, a number that is
missing or infinite, an embedding of zeros, and k below 1.
"""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from evaluation.scores.columns import numbers

Same = NDArray[np.bool_]

AT_ONCE = 4_000_000  # distances held at a time


def robustness_index(
    embeddings: ArrayLike, classes: ArrayLike, centers: ArrayLike, k: int = 10
) -> float:
    """Neighbours of the same class over neighbours of the same center, 0…∞; above 1 what matters
    outweighs where it was made.

    NaN if no neighbour shares the center. Not on the scale of `robustness_share`: never mix them.
    Source: de Jong, Marcus & Teuwen (2025), arXiv:2501.18055.
    """
    same_class, same_center = _neighbours(embeddings, classes, centers, k)
    centered = int(same_center.sum())
    return int(same_class.sum()) / centered if centered else nan


def robustness_share(
    embeddings: ArrayLike, classes: ArrayLike, centers: ArrayLike, k: int = 10
) -> float:
    """Of the neighbours that share class or center but not both, the share that share the class.

    Within 0…1; NaN without such neighbours. Source: Kömen et al. (2025), arXiv:2507.17845
    ("robustness index" of PathoROB, SO / (SO + OS)).
    """
    same_class, same_center = _neighbours(embeddings, classes, centers, k)
    of_class = int((same_class & ~same_center).sum())
    of_center = int((same_center & ~same_class).sum())
    return of_class / (of_class + of_center) if of_class + of_center else nan


def _neighbours(
    embeddings: ArrayLike, classes: ArrayLike, centers: ArrayLike, k: int
) -> tuple[Same, Same]:
    """(n, k) whether each neighbour has the item's class, and its center."""
    space, kind, center = numbers(embeddings), np.asarray(classes), np.asarray(centers)
    if space.ndim != 2 or not len(space) == len(kind) == len(center):
        found = f"{len(space)} embeddings, {len(kind)} classes and {len(center)} centers"
        raise ValueError(f"{found}: one of each is needed")
    if k < 1:
        raise ValueError(f"k must be 1 or more, not {k}")
    if not space.any(1).all():
        raise ValueError("an embedding of zeros has no direction")
    near = _nearest(space, min(k, len(space) - 1))
    return kind[near] == kind[:, None], center[near] == center[:, None]


def _nearest(space: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    """(n, k) positions of the nearest others; of equally near ones the first."""
    step = max(1, AT_ONCE // max(len(space), 1))
    parts = [np.zeros((0, k), dtype=np.intp)]
    for start in range(0, len(space), step):
        distance = cdist(space[start : start + step], space, "cosine")
        rows = np.arange(len(distance))
        distance[rows, start + rows] = np.inf
        parts.append(np.argsort(distance, axis=1, kind="stable")[:, :k])
    return np.concatenate(parts)
