"""Survival predictions against censored follow-up.

`time` (n,) is the follow-up, `event` (n,) whether it ended in the event (else censored).
"""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import trapezoid

FloatArray = NDArray[np.float64]
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
        pairs += int(later.sum())
        agreeing += float((score[i] > score[later]).sum() + 0.5 * (score[i] == score[later]).sum())
    return agreeing / pairs if pairs else nan


def brier_at(time: ArrayLike, event: ArrayLike, survival: ArrayLike, horizon: float) -> float:
    """Brier score of the predicted survival (n,) at a horizon, weighted for censoring.

    Deaths up to the horizon weigh 1/G(t−), survivors 1/G(horizon), G the Kaplan–Meier curve of
    censoring. NaN if G is 0 where it is needed. Source: Graf et al. (1999), Stat Med 18:2529.
    """
    t, died, s = _columns(time, event, survival)
    dead, alive = (t <= horizon) & died, t > horizon
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

    Source: Graf et al. (1999).
    """
    at, curves = np.asarray(horizons, dtype=float), np.asarray(survival, dtype=float)
    if at.size < 2 or (np.diff(at) <= 0).any():
        raise ValueError("horizons must be two or more, in rising order")
    scores = [brier_at(time, event, curves[:, j], float(at[j])) for j in range(at.size)]
    return float(trapezoid(scores, at) / (at[-1] - at[0]))


def kaplan_meier(time: ArrayLike, event: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Times of events and the share surviving them. Source: Kaplan & Meier (1958), JASA 53:457."""
    t, died, _ = _columns(time, event, time)
    moments, deaths = np.unique(t[died], return_counts=True)
    at_risk = t.size - np.searchsorted(np.sort(t), moments, side="left")
    return moments, np.cumprod(1 - deaths / at_risk, dtype=np.float64)


def _censoring(t: FloatArray, died: Events, at: FloatArray, *, before: bool) -> FloatArray:
    """Share not yet censored at (or just before) given times."""
    moments, left = kaplan_meier(t, ~died)
    place = np.searchsorted(moments, at, side="left" if before else "right")
    return np.concatenate([[1.0], left])[place]


def _columns(
    time: ArrayLike, event: ArrayLike, score: ArrayLike
) -> tuple[FloatArray, Events, FloatArray]:
    t, value = np.asarray(time, dtype=float), np.asarray(score, dtype=float)
    died = np.asarray(event, dtype=bool)
    if not t.shape == died.shape == value.shape:
        raise ValueError(f"{t.size} times, {died.size} events and {value.size} predictions")
    return t, died, value
