"""Curves that fall in steps, such as those of survival: 1 before their first time."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def curve_at(times: ArrayLike, survival: ArrayLike, at: ArrayLike) -> FloatArray:
    """The height of a curve (n,) at given times, each step lasting until the next."""
    heights = np.concatenate([[1.0], np.asarray(survival, dtype=float)])
    return np.asarray(heights[np.searchsorted(np.asarray(times, dtype=float), at, side="right")])


def restricted_mean(times: ArrayLike, survival: ArrayLike, end: float) -> float:
    """Area below a curve from 0 to `end`: the mean time without the event within it.

    Source: Royston & Parmar (2013), BMC Med Res Methodol 13:152 (RMST).
    """
    t = np.asarray(times, dtype=float)
    edges = np.unique(np.concatenate([[0.0, end], t[(t > 0) & (t < end)]]))
    return float((curve_at(t, survival, edges[:-1]) * np.diff(edges)).sum())


def time_below(times: ArrayLike, survival: ArrayLike, height: float = 0.5) -> float | None:
    """The first time at which a curve is at or below a height; at 0.5 the median survival."""
    t, s = np.asarray(times, dtype=float), np.asarray(survival, dtype=float)
    reached = np.flatnonzero(s <= height)
    return float(t[reached[0]]) if reached.size else None
