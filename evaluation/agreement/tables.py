"""Units that look the same are kept once, with how often they occur."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.agreement.ratings import Counts, Ratings

MOST_CELLS = 10_000_000  # beyond this a units × raters table is not searched for equal rows


def distinct_rows(table: NDArray[Any]) -> tuple[NDArray[Any], Counts]:
    """Distinct rows of whole numbers ≥ 0 (P, c), and (P,) how often each occurs."""
    if not len(table):
        return table, np.zeros(0)
    base, width = int(table.max()) + 1, table.shape[1]
    if width * np.log2(max(base, 2)) < 63:
        return _distinct_numbers(table.astype(np.int64), base)
    whole = np.ascontiguousarray(table, dtype=np.int64)
    as_bytes = whole.view(np.dtype((np.void, whole.itemsize * width))).ravel()
    _, first, times = np.unique(as_bytes, return_index=True, return_counts=True)
    return table[first], times.astype(float)


def rater_rows(ratings: Ratings) -> tuple[NDArray[np.intp], Counts]:
    """Distinct rows of the units × raters table (0 missing, else 1 + category), and how often."""
    table = np.zeros((len(ratings.units), len(ratings.raters)), dtype=np.intp)
    table[ratings.unit, ratings.rater] = ratings.value + 1
    table = table[(table > 0).any(1)]
    return distinct_rows(table) if table.size <= MOST_CELLS else (table, np.ones(len(table)))


def _distinct_numbers(whole: NDArray[np.int64], base: int) -> tuple[NDArray[np.int64], Counts]:
    """The same by reading each row as the digits of one number, which sorts fast."""
    powers = base ** np.arange(whole.shape[1], dtype=np.int64)
    numbers, times = np.unique(whole @ powers, return_counts=True)
    return numbers[:, None] // powers % base, times.astype(float)
