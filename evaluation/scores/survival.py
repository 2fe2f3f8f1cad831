"""Survival predictions against censored follow-up.

`time` (n,) is the follow-up in any unit, `event` (n,) whether it ended in the event (1) or was
censored (0); where both happen at one time, the event came first. Raises `ValueError` for columns
of unequal length, times or predictions that are missing or infinite, times below 0, events other
than 0 and 1, and survival outside 0…1.
"""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import trapezoid

from evaluation.scores.columns import FloatArray, numbers

Events = NDArray[np.bool_]


def concordance(time: ArrayLike, event: ArrayLike, risk: ArrayLike) -> float:
    """Share of usable pairs in which the earlier event has the higher risk, equal risks half.

    A pair is usable if the shorter follow-up ended in the event; of two equal follow-ups, if one
    ended in it and the other was censored. NaN without such a pair. Source: Harrell et al. (1996),
    Stat Med 15:361.
    """
    t, died, score = _columns(time, event, risk)
    pairs, agreeing = 0, 0.0
    for i in np.flatnonzero(died):
        later = (t > t[i]) | ((t == t[i]) & ~died)
        pairs += int(np.count_nonzero(later))
        others = score[later]
        agreeing += float(np.sum(score[i] > others) + np.sum(score[i] == others) / 2)
    return agreeing / pairs if pairs else nan


def brier_at(time: ArrayLike, event: ArrayLike, survival: ArrayLike, horizon: float) -> float:
    """Brier score of the predicted survival (n,) at a horizon, weighted for censoring.

    Events up to the horizon weigh 1/G(t−), survivors 1/G(horizon), G the Kaplan–Meier curve of
    censoring. NaN if the outcome at the horizon is known of no case, or G is 0 where it is needed.
    Source: Graf et al. (1999), Stat Med 18:2529; G just before an event as in Gerds & Schumacher
    (2006), Biom J 48:1029.
    """
    t, died, s = _columns(time, event, survival)
    if s.size and not 0 <= s.min() <= s.max() <= 1:
        raise ValueError("a predicted survival lies outside 0…1")
    dead, alive = (t <= horizon) & died, t > horizon
    if not (dead | alive).any():
        return nan
    weight = np.zeros(t.size)
    weight[dead] = _censoring(t, died, t[dead], before=True)
    weight[alive] = _censoring(t, died, np.full(int(alive.sum()), horizon), before=False)
    if (weight[dead | alive] == 0).any():
        return nan
    weight[dead | alive] = 1 / weight[dead | alive]
    return float((weight * (s - alive) ** 2).mean())


def integrated_brier(
    time: ArrayLike, event: ArrayLike, survival: ArrayLike, horizons: ArrayLike
) -> float:
    """Mean Brier score over the span of the horizons (m,), by trapezes; `survival` is (n, m).

    NaN where a Brier score is. Source: Graf et al. (1999), Stat Med 18:2529. Raises `ValueError`
    for horizons that do not rise, or are not one per column of `survival`.
    """
    at, curves = numbers(horizons, "a horizon"), numbers(survival, "a predicted survival")
    if at.ndim != 1 or at.size < 2 or (np.diff(at) <= 0).any():
        raise ValueError("horizons must be two or more, in rising order")
    if curves.ndim != 2 or curves.shape[1] != at.size:
        raise ValueError(f"survival has the shape {curves.shape} for {at.size} horizons")
    scores = [brier_at(time, event, curves[:, j], float(at[j])) for j in range(at.size)]
    return float(trapezoid(scores, at) / (at[-1] - at[0]))


def kaplan_meier(time: ArrayLike, event: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Times of events (m,) and the share surviving them (m,).

    Source: Kaplan & Meier (1958), JASA 53:457.
    """
    t, died, _ = _columns(time, event, time)
    moments, deaths = np.unique(t[died], return_counts=True)
    at_risk = t.size - np.searchsorted(np.sort(t), moments, side="left")
    return moments, np.cumprod(1 - deaths / at_risk, dtype=np.float64)


def _censoring(t: FloatArray, died: Events, at: FloatArray, *, before: bool) -> FloatArray:
    """Share not yet censored at (or just before) given times; events of that time came first."""
    moments, censored = np.unique(t[~died], return_counts=True)
    longer = t.size - np.searchsorted(np.sort(t), moments, side="left")
    gone = np.searchsorted(np.sort(t[died]), moments, side="right")
    earlier = np.searchsorted(np.sort(t[died]), moments, side="left")
    left = np.cumprod(1 - censored / (longer - (gone - earlier)))
    place = np.searchsorted(moments, at, side="left" if before else "right")
    return np.concatenate([[1.0], left])[place]


def _columns(
    time: ArrayLike, event: ArrayLike, score: ArrayLike
) -> tuple[FloatArray, Events, FloatArray]:
    t, value = numbers(time, "a time"), numbers(score, "a prediction")
    died = np.asarray(event, dtype=float)
    if not t.shape == died.shape == value.shape or t.ndim != 1:
        raise ValueError(f"{t.size} times, {died.size} events and {value.size} predictions")
    if not np.isin(died, (0, 1)).all():
        raise ValueError("events must be 0 or 1")
    if (t < 0).any():
        raise ValueError("a time lies below 0")
    return t, died == 1, value
