"""Forecasts against what came.

Arrays of equal shape, in the unit of the series. Raises `ValueError` for unequal shapes, for a
number that is missing or infinite, and for a season, confidence or quantile that cannot be.
"""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import ArrayLike

from evaluation.scores.columns import FloatArray, a_share, numbers, paired
from evaluation.scores.regression import mean_absolute_error


def scaled_error(found: ArrayLike, true: ArrayLike, history: ArrayLike, season: int = 1) -> float:
    """Mean absolute error over that of repeating the value one season back in the history.

    Below 1 is better than that naive forecast; NaN if the history never changes or is too short.
    Source: Hyndman & Koehler (2006), Int J Forecast 22:679 (MASE).
    """
    past = numbers(history)
    if season < 1:
        raise ValueError(f"a season has 1 step or more, not {season}")
    if past.size <= season:
        return nan
    naive = float(np.abs(past[season:] - past[:-season]).mean())
    return mean_absolute_error(found, true) / naive if naive > 0 else nan


def symmetric_percentage_error(found: ArrayLike, true: ArrayLike) -> float:
    """Mean of 2|found − true| / (|found| + |true|), 0…2, 0 where both are 0; NaN without numbers.

    Source: Makridakis (1993), Int J Forecast 9:527 (sMAPE).
    """
    ours, theirs = paired(found, true)
    if not ours.size:
        return nan
    size = np.abs(ours) + np.abs(theirs)
    gap = 2 * np.abs(ours - theirs)
    return float(np.divide(gap, size, out=np.zeros_like(size), where=size > 0).mean())


def coverage(lower: ArrayLike, upper: ArrayLike, true: ArrayLike) -> float:
    """Share of values inside their interval, bounds included; NaN without values.

    Raises `ValueError` for a lower bound above the upper one.
    """
    low, high, value = _bounded(lower, upper, true)
    return float(((low <= value) & (value <= high)).mean()) if value.size else nan


def interval_score(
    lower: ArrayLike, upper: ArrayLike, true: ArrayLike, confidence: float = 0.95
) -> float:
    """Mean width plus 2/α times how far the value lies outside; less is better; NaN without values.

    Source: Gneiting & Raftery (2007), JASA 102:359, equation 43.
    """
    a_share(confidence, "the confidence")
    low, high, value = _bounded(lower, upper, true)
    if not value.size:
        return nan
    outside = np.maximum(low - value, 0) + np.maximum(value - high, 0)
    return float((high - low + 2 / (1 - confidence) * outside).mean())


def pinball(found: ArrayLike, true: ArrayLike, quantile: float) -> float:
    """Mean of quantile·(true − found) where too low, (1 − quantile)·(found − true) where too high.

    NaN without numbers. Source: Koenker & Bassett (1978), Econometrica 46:33.
    """
    a_share(quantile, "the quantile")
    ours, theirs = paired(found, true)
    gap = theirs - ours
    return float(np.maximum(quantile * gap, (quantile - 1) * gap).mean()) if gap.size else nan


def _bounded(
    lower: ArrayLike, upper: ArrayLike, true: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    low, value = paired(lower, true)
    high, _ = paired(upper, true)
    if (low > high).any():
        raise ValueError("a lower bound lies above its upper bound")
    return low, high, value
