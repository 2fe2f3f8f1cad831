"""Probabilities of a yes/no outcome: discrimination, calibration, accuracy.

`truth` (n,) holds 0 and 1, `p` (n,) probabilities, or for the two rank scores any risk score.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, rankdata

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class CalibrationBin:
    """Predictions of one bin: how many, their mean, and the share of events."""

    n: int
    predicted: float
    observed: float


def auroc(truth: ArrayLike, score: ArrayLike) -> float:
    """Chance that an event scores above a non-event, ties half. NaN unless both occur.

    Source: Hanley & McNeil (1982), Radiology 143:29.
    """
    event, value = _columns(truth, score)
    n_events, n_others = int(event.sum()), int((~event).sum())
    if not n_events or not n_others:
        return nan
    wins = rankdata(value)[event].sum() - n_events * (n_events + 1) / 2
    return float(wins / (n_events * n_others))


def auroc_interval(
    truth: ArrayLike, score: ArrayLike, confidence: float = 0.95
) -> tuple[float, float]:
    """Interval of the AUROC, kept within 0…1. Source: DeLong et al. (1988), Biometrics 44:837."""
    event, value = _columns(truth, score)
    m, n = int(event.sum()), int((~event).sum())
    if m < 2 or n < 2:
        return nan, nan
    together = rankdata(value)
    above = (together[event] - rankdata(value[event])) / n
    below = 1 - (together[~event] - rankdata(value[~event])) / m
    se = np.sqrt(above.var(ddof=1) / m + below.var(ddof=1) / n)
    margin = float(norm.ppf((1 + confidence) / 2) * se)
    area = float(above.mean())
    return max(area - margin, 0.0), min(area + margin, 1.0)


def auprc(truth: ArrayLike, score: ArrayLike) -> float:
    """Average precision Σ (R_i − R_{i−1}) P_i over falling thresholds; NaN without events.

    Source: Davis & Goadrich (2006), ICML; step-wise, not interpolated.
    """
    event, value = _columns(truth, score)
    if not event.any():
        return nan
    order = np.argsort(-value, kind="stable")
    hits = np.cumsum(event[order])
    last = np.append(np.diff(value[order]) != 0, True)
    found, taken = hits[last], (np.arange(event.size) + 1)[last]
    return float((np.diff(found, prepend=0) * found / taken).sum() / event.sum())


def brier(truth: ArrayLike, p: ArrayLike) -> float:
    """Mean squared error of the probabilities. Source: Brier (1950), Mon Weather Rev 78:1."""
    event, value = _columns(truth, p)
    return float(((value - event) ** 2).mean()) if value.size else nan


def log_loss(truth: ArrayLike, p: ArrayLike) -> float:
    """Mean of −log of the probability given to what happened; infinite for a certain error."""
    event, value = _columns(truth, p)
    if not value.size:
        return nan
    given = np.where(event, value, 1 - value)
    return float(-np.log(given).mean()) if (given > 0).all() else np.inf


def calibration_curve(truth: ArrayLike, p: ArrayLike, n_bins: int = 10) -> list[CalibrationBin]:
    """Predictions grouped into bins of equal width, empty bins left out."""
    event, value = _columns(truth, p)
    bins = np.minimum((value * n_bins).astype(int), n_bins - 1)
    return [
        CalibrationBin(int(own.sum()), float(value[own].mean()), float(event[own].mean()))
        for own in (bins == b for b in np.unique(bins))
    ]


def calibration_error(truth: ArrayLike, p: ArrayLike, n_bins: int = 10) -> float:
    """Expected calibration error: Σ n_b/n · |observed_b − predicted_b|.

    Source: Naeini et al. (2015), AAAI. Depends on the number of bins: state it.
    """
    curve = calibration_curve(truth, p, n_bins)
    total = sum(b.n for b in curve)
    return sum(b.n * abs(b.observed - b.predicted) for b in curve) / total if total else nan


def calibration_slope(truth: ArrayLike, p: ArrayLike) -> tuple[float, float]:
    """Slope and intercept of logit(outcome) on logit(p): 1 and 0 if well calibrated.

    NaN where the fit does not exist (p of 0 or 1, one outcome only, or perfect separation).
    Source: Cox (1958), Biometrika 45:562; Van Calster et al. (2019), BMC Med 17:230.
    """
    event, value = _columns(truth, p)
    inside = bool(((value > 0) & (value < 1)).all())
    if not inside or event.all() or not event.any() or _separated(event, value):
        return nan, nan
    x = np.column_stack([np.ones(value.size), np.log(value / (1 - value))])
    beta = np.zeros(2)
    for _ in range(100):
        fitted = 1 / (1 + np.exp(-x @ beta))
        information = (x * (fitted * (1 - fitted))[:, None]).T @ x
        if np.linalg.cond(information) > 1e12:
            return nan, nan
        step = np.linalg.solve(information, x.T @ (event - fitted))
        beta += step
        if np.abs(step).max() < 1e-10:
            return float(beta[1]), float(beta[0])
    return nan, nan


def _separated(event: NDArray[np.bool_], value: FloatArray) -> bool:
    ours, theirs = value[event], value[~event]
    return bool(ours.min() >= theirs.max() or ours.max() <= theirs.min())


def _columns(truth: ArrayLike, score: ArrayLike) -> tuple[NDArray[np.bool_], FloatArray]:
    event, value = np.asarray(truth, dtype=float), np.asarray(score, dtype=float)
    if event.shape != value.shape or event.ndim != 1:
        raise ValueError(f"{event.size} outcomes and {value.size} predictions: one of each needed")
    if not np.isin(event, (0, 1)).all():
        raise ValueError("outcomes must be 0 or 1")
    if not np.isfinite(value).all():
        raise ValueError("predictions must be numbers")
    return event == 1, value
