"""Which systems the votes put on a common scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from evaluation.comparisons import FloatArray


def strong_components(wins: FloatArray) -> list[NDArray[np.intp]]:
    """Sets of systems that each beat each other, directly or through others.

    `wins`: (K, K), won votes of row over column, a tie counting for both. A maximum-likelihood
    ranking exists exactly within such a set (Ford 1957, doi:10.2307/2308513). Largest first.
    """
    return _components(wins, "strong")


def weak_components(wins: FloatArray) -> list[NDArray[np.intp]]:
    """Sets of systems connected by votes at all. Largest first."""
    return _components(wins, "weak")


def _components(wins: FloatArray, connection: str) -> list[NDArray[np.intp]]:
    _, label = connected_components(csr_array(wins > 0), directed=True, connection=connection)
    sets = [np.flatnonzero(label == i) for i in range(label.max() + 1)]
    return sorted(sets, key=lambda members: (-len(members), int(members[0])))
