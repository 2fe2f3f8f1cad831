"""Probabilities of a yes/no outcome: discrimination, calibration, accuracy.

`truth` (n,) holds 0 and 1; `p` (n,) probabilities, `score` (n,) a number that rises with the risk.
Raises `ValueError` for columns of unequal length, outcomes other than 0 and 1, missing or infinite
predictions, and probabilities outside 0…1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, rankdata

from evaluation.scores.columns import FloatArray, a_share, numbers


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
    """Interval of the AUROC, kept within 0…1; NaN with fewer than two events or two others.

    Source: DeLong et al. (1988), Biometrics 44:837.
    """
    a_share(confidence, "the confidence")
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


def sensitivity_at(truth: ArrayLike, score: ArrayLike, specificity: float) -> float:
    """Largest share of events called at a threshold that clears this share of the others.

    NaN unless events and others occur. Source: Pepe (2003), *The Statistical Evaluation of Medical
    Tests*, chapter 4: the empirical ROC curve, not interpolated.
    """
    if not 0 <= specificity <= 1:
        raise ValueError(f"the specificity must lie between 0 and 1, not {specificity}")
    event, value = _columns(truth, score)
    if event.all() or not event.any():
        return nan
    thresholds = np.append(np.unique(value), np.inf)
    others, events = (np.sort(value[own]) for own in (~event, event))
    below = np.searchsorted(others, thresholds) / others.size
    called = 1 - np.searchsorted(events, thresholds) / events.size
    return float(called[below >= specificity - 1e-12].max())


def brier(truth: ArrayLike, p: ArrayLike) -> float:
    """Mean squared error of the probabilities; NaN without cases.

    Source: Brier (1950), Mon Weather Rev 78:1.
    """
    event, value = _probabilities(truth, p)
    return float(((value - event) ** 2).mean()) if value.size else nan


def log_loss(truth: ArrayLike, p: ArrayLike) -> float:
    """Mean of −log of the probability given to what happened; NaN without cases.

    Infinite if something happened that was given no chance: nothing is clipped. Source: Good
    (1952), J R Stat Soc B 14:107.
    """
    event, value = _probabilities(truth, p)
    if not value.size:
        return nan
    given = np.where(event, value, 1 - value)
    return float(-np.log(given).mean()) if (given > 0).all() else np.inf


def calibration_curve(truth: ArrayLike, p: ArrayLike, n_bins: int = 10) -> list[CalibrationBin]:
    """Predictions in bins of equal width, (low, high], the first with 0; empty bins left out.

    Source: Niculescu-Mizil & Caruana (2005), ICML; bins as in scikit-learn's `calibration_curve`.
    """
    event, value = _probabilities(truth, p)
    if n_bins < 1:
        raise ValueError(f"1 bin or more is needed, not {n_bins}")
    bins = np.searchsorted(np.linspace(0, 1, n_bins + 1)[1:-1], value)
    return [
        CalibrationBin(int(own.sum()), float(value[own].mean()), float(event[own].mean()))
        for own in (bins == b for b in np.unique(bins))
    ]


def calibration_error(truth: ArrayLike, p: ArrayLike, n_bins: int = 10) -> float:
    """Expected calibration error: Σ n_b/n · |observed_b − predicted_b|; NaN without cases.

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
    event, value = _probabilities(truth, p)
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


def _probabilities(truth: ArrayLike, p: ArrayLike) -> tuple[NDArray[np.bool_], FloatArray]:
    event, value = _columns(truth, p)
    if value.size and not 0 <= value.min() <= value.max() <= 1:
        raise ValueError("a probability lies outside 0…1")
    return event, value


def _columns(truth: ArrayLike, score: ArrayLike) -> tuple[NDArray[np.bool_], FloatArray]:
    event, value = np.asarray(truth, dtype=float), numbers(score, "a prediction")
    if event.shape != value.shape or event.ndim != 1:
        raise ValueError(f"{event.size} outcomes and {value.size} predictions: one of each needed")
    if not np.isin(event, (0, 1)).all():
        raise ValueError("outcomes must be 0 or 1")
    return event == 1, value
