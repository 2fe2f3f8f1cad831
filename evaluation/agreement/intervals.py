"""Standard errors and intervals over units: linearised and bootstrap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from evaluation.agreement.coefficients import Statistic

FloatArray = NDArray[np.float64]

STEP = 1e-30  # of the complex-step derivative, which has no cancellation and so no best size
BATCH = 256
MOST_DRAWS = 5_000_000  # resamples × kinds of unit; beyond it the bootstrap is slow
NO_SPREAD = "every unit shows the same agreement: no spread to make an interval of"


@dataclass(frozen=True)
class Interval:
    """Standard error and bounds; None with a `reason` where the data carry none.

    `undefined` counts the resamples in which the coefficient does not exist.
    """

    se: float | None
    lower: float | None
    upper: float | None
    method: str
    reason: str = ""
    undefined: int = 0


def linearised(statistic: Statistic, times: FloatArray, confidence: float) -> Interval:
    """Interval by the delta method over units, t with n − 1 degrees of freedom, kept within ±1.

    Var = n/(n−1) Σ_i (∇g · x_i)² with x_i the terms of unit i and g the coefficient as a function
    of their sums. For the kappas this is the variance of Gwet (2014), chapter 5, in which a unit
    rated once counts as a unit without agreement: a little wide where there are many of them.
    """
    n = times.sum()
    influence = _influence(statistic, times)
    se = float(np.sqrt(n / (n - 1) * (times * influence**2).sum())) if n > 1 else 0.0
    if not se > 1e-12:
        return Interval(None, None, None, "linearised", NO_SPREAD)
    value = float(_value(statistic, times))
    margin = float(stdtrit(n - 1, (1 + confidence) / 2)) * se
    return Interval(se, max(value - margin, -1.0), min(value + margin, 1.0), "linearised")


def _influence(statistic: Statistic, times: FloatArray) -> FloatArray:
    influence = np.asarray(statistic.terms @ gradient(statistic, times))
    if statistic.given is None:
        return influence
    twice = np.ravel(statistic.terms[:, [statistic.given]].sum(1))
    return np.asarray(
        influence + _value(statistic, times) * (twice / (times @ twice) - 1 / times.sum())
    )


def gradient(statistic: Statistic, times: FloatArray) -> FloatArray:
    """(d,) derivative of the coefficient by each sum, by complex steps.

    Source: Squire & Trapp (1998), SIAM Rev 40:110.
    """
    sums = times @ statistic.terms
    found = np.empty(sums.size)
    for start in range(0, sums.size, BATCH):
        rows = np.arange(start, min(start + BATCH, sums.size))
        moved = np.repeat(sums[None].astype(complex), rows.size, axis=0)
        moved[np.arange(rows.size), rows] += 1j * STEP
        found[rows] = statistic.estimate(moved).value.imag / STEP
    return found


def bootstrap(
    statistics: Mapping[str, Statistic],
    times: FloatArray,
    *,
    confidence: float,
    resamples: int,
    rng: np.random.Generator,
) -> dict[str, Interval]:
    """Percentile intervals over resampled units; all statistics see the same resamples."""
    sums = _resampled_sums(statistics, times, resamples, rng)
    return {
        name: _percentiles(statistic.estimate(sums[name]).value, confidence)
        for name, statistic in statistics.items()
    }


def can_bootstrap(times: FloatArray, resamples: int) -> bool:
    """Whether so many resamples of so many kinds of unit take a second at most."""
    return resamples * times.size <= MOST_DRAWS


def _resampled_sums(
    statistics: Mapping[str, Statistic],
    times: FloatArray,
    resamples: int,
    rng: np.random.Generator,
) -> dict[str, FloatArray]:
    n = int(times.sum())
    rows = max(1, 2_000_000 // max(times.size, 1))
    parts: dict[str, list[FloatArray]] = {name: [] for name in statistics}
    for start in range(0, resamples, rows):
        size = min(rows, resamples - start)
        drawn = rng.multinomial(n, times / n, size=size).astype(float)
        for name, statistic in statistics.items():
            parts[name].append(drawn @ statistic.terms)
    return {name: np.concatenate(part) for name, part in parts.items()}


def _percentiles(values: FloatArray, confidence: float) -> Interval:
    defined = values[np.isfinite(values)]
    undefined = values.size - defined.size
    if defined.size < values.size / 2:
        reason = "undefined in more than half of the resamples"
        return Interval(None, None, None, "bootstrap", reason, undefined)
    se = float(defined.std(ddof=1)) if defined.size > 1 else 0.0
    if not se > 1e-12:
        return Interval(None, None, None, "bootstrap", NO_SPREAD, undefined)
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(defined, [tail, 1 - tail])
    return Interval(se, float(lower), float(upper), "bootstrap", "", undefined)


def _value(statistic: Statistic, times: FloatArray) -> float:
    return float(statistic.estimate((times @ statistic.terms)[None]).value[0])
