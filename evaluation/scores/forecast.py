"""Forecasts against what came."""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import ArrayLike

from evaluation.scores.regression import mean_absolute_error


def scaled_error(found: ArrayLike, true: ArrayLike, history: ArrayLike, season: int = 1) -> float:
    """Mean absolute error over that of repeating the value one season back in the history.

    Below 1 is better than that naive forecast; NaN if the history never changes or is too short.
    Source: Hyndman & Koehler (2006), Int J Forecast 22:679 (MASE).
    """
    past = np.asarray(history, dtype=float)
    if past.size <= season:
        return nan
    naive = float(np.abs(past[season:] - past[:-season]).mean())
    return mean_absolute_error(found, true) / naive if naive > 0 else nan


def symmetric_percentage_error(found: ArrayLike, true: ArrayLike) -> float:
    """Mean of 2|found − true| / (|found| + |true|), 0…2, 0 where both are 0.

    Source: Makridakis (1993), Int J Forecast 9:527 (sMAPE).
    """
    ours, theirs = np.asarray(found, dtype=float), np.asarray(true, dtype=float)
    size = np.abs(ours) + np.abs(theirs)
    gap = 2 * np.abs(ours - theirs)
    return float(np.divide(gap, size, out=np.zeros_like(size), where=size > 0).mean())


def coverage(lower: ArrayLike, upper: ArrayLike, true: ArrayLike) -> float:
    """Share of values inside their interval, bounds included."""
    value = np.asarray(true, dtype=float)
    return float(((np.asarray(lower) <= value) & (value <= np.asarray(upper))).mean())


def interval_score(
    lower: ArrayLike, upper: ArrayLike, true: ArrayLike, confidence: float = 0.95
) -> float:
    """Mean width plus 2/α times how far the value lies outside; less is better.

    Source: Gneiting & Raftery (2007), JASA 102:359, equation 43.
    """
    low, high, value = (np.asarray(x, dtype=float) for x in (lower, upper, true))
    outside = np.maximum(low - value, 0) + np.maximum(value - high, 0)
    return float((high - low + 2 / (1 - confidence) * outside).mean())


def pinball(found: ArrayLike, true: ArrayLike, quantile: float) -> float:
    """Mean quantile loss. Source: Koenker & Bassett (1978), Econometrica 46:33."""
    gap = np.asarray(true, dtype=float) - np.asarray(found, dtype=float)
    return float(np.maximum(quantile * gap, (quantile - 1) * gap).mean())
