"""Rows that look the same are kept once, with how often they occur."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]

MOST_CELLS = 10_000_000  # beyond this a units × raters table is not searched for equal rows
EXACT = 53  # bits of whole numbers that a float holds


def distinct_rows(table: NDArray[Any]) -> tuple[NDArray[Any], Counts]:
    """Distinct rows of whole numbers ≥ 0 (P, c), and (P,) how often each occurs.

    Rows of zeros only, units nobody rated, are left out.
    """
    base, width = (int(table.max()) + 1 if table.size else 1), table.shape[1]
    if fits(base, width):
        found, times = distinct_numbers(table @ float(base) ** np.arange(width), base, width)
        return found.astype(table.dtype), times
    whole = np.ascontiguousarray(table[table.any(1)], dtype=np.int64)
    as_bytes = whole.view(np.dtype((np.void, whole.itemsize * width))).ravel()
    _, first, occurs = np.unique(as_bytes, return_index=True, return_counts=True)
    return whole[first].astype(table.dtype), occurs.astype(float)


def fits(base: int, width: int) -> bool:
    """Whether a row of so many digits to this base is one number that a float holds exactly."""
    return bool(width * np.log2(max(base, 2)) < EXACT)


def distinct_numbers(numbers: NDArray[Any], base: int, width: int) -> tuple[Counts, Counts]:
    """Distinct rows (P, c) of rows (N,) given as numbers, the first column the lowest digit."""
    found, times = _counted(numbers.astype(np.int64), base**width)
    digits = found[:, None] // base ** np.arange(width) % base
    return digits.astype(float), times.astype(float)


def _counted(numbers: NDArray[np.int64], limit: int) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Distinct numbers from 1 to below the limit, and how often each occurs."""
    if limit > 4 * numbers.size:
        return np.unique(numbers[numbers > 0], return_counts=True)
    times = np.bincount(numbers, minlength=1)
    times[0] = 0
    found = np.flatnonzero(times)
    return found, times[found]
