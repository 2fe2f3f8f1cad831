"""What a space of embeddings is ordered by."""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist


def robustness_index(
    embeddings: ArrayLike, classes: ArrayLike, centers: ArrayLike, k: int = 10
) -> float:
    """Neighbours of the same class over neighbours of the same center, among the k nearest.

    `embeddings` (n, d), cosine distance; above 1 what matters outweighs where it was made. NaN if
    no neighbour shares the center. Source: de Jong, Marcus & Teuwen (2025), arXiv:2501.18055.
    """
    kind, center = np.asarray(classes), np.asarray(centers)
    distance = cdist(np.asarray(embeddings, dtype=float), np.asarray(embeddings), "cosine")
    np.fill_diagonal(distance, np.inf)
    near = np.argsort(distance, axis=1, kind="stable")[:, : min(k, len(kind) - 1)]
    same_center = int((center[near] == center[:, None]).sum())
    same_class = int((kind[near] == kind[:, None]).sum())
    return same_class / same_center if same_center else nan
