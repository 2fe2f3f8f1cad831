"""Standard errors and intervals over units: linearised and bootstrap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from evaluation.agreement.coefficients import Statistic
from evaluation.comparisons import DataError

FloatArray = NDArray[np.float64]

STEP = 1e-30  # of the complex-step derivative, which has no cancellation and so no best size
BATCH = 256
SELDOM = 6  # units that look the same, so few that drawing them one by one is faster
MOST_AT_ONCE = 500_000  # drawn counts held at a time
MOST_DRAWS = 10_000_000  # resamples × kinds of unit; beyond it the bootstrap is slow
NO_SPREAD = "every unit shows the same agreement: no spread to make an interval of"


@dataclass(frozen=True)
class Plan:
    """How intervals are made: `method` is "bootstrap", "linearised" or "none"; `over` says what
    they allow for, other "units", other "raters", or "both"."""

    method: str
    over: str
    confidence: float
    resamples: int
    seed: int


@dataclass(frozen=True)
class Interval:
    """Standard error and bounds; None with a `reason` where the data carry none."""

    se: float | None
    lower: float | None
    upper: float | None
    method: str | None
    reason: str = ""


def refuse_plan(plan: Plan) -> None:
    """Raises `DataError` for a confidence or a number of resamples that cannot be."""
    if not 0 < plan.confidence < 1:
        raise DataError(f"confidence must lie between 0 and 1, found {plan.confidence}")
    if plan.resamples < 2:
        raise DataError(f"a bootstrap needs 2 resamples or more, found {plan.resamples}")


def linearised(statistic: Statistic, times: FloatArray, plan: Plan) -> Interval:
    """Interval by the delta method over units, t with n − 1 degrees of freedom, kept within ±1.

    Var = n/(n−1) Σ_i (∇g · x_i)² with x_i the terms of unit i and g the coefficient as a function
    of their sums. For the kappas this is the variance of Gwet (2014), chapter 5, in which a unit
    rated once counts as a unit without agreement: a little wide where there are many of them.
    """
    n = times.sum()
    influence = _influence(statistic, times)
    se = float(np.sqrt(n / (n - 1) * (times * influence**2).sum())) if n > 1 else 0.0
    return around(_value(statistic, times), se, n - 1, "linearised", plan)


def around(value: float, se: float, df: float, method: str, plan: Plan) -> Interval:
    """The symmetric interval with Student's t, kept within ±1."""
    if not se > 1e-12:
        return Interval(None, None, None, method, NO_SPREAD)
    margin = float(stdtrit(df, (1 + plan.confidence) / 2)) * se
    return Interval(se, max(value - margin, -1.0), min(value + margin, 1.0), method)


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
    statistics: Mapping[str, Statistic], times: FloatArray, plan: Plan, rng: np.random.Generator
) -> dict[str, Interval]:
    """Percentile intervals over resampled units; all statistics see the same resamples."""
    sums = _resampled_sums(statistics, times, plan.resamples, rng)
    return {
        name: percentiles(statistic.estimate(sums[name]).value, plan)
        for name, statistic in statistics.items()
    }


def can_bootstrap(times: FloatArray, resamples: int) -> bool:
    """Whether so many resamples of so many kinds of unit take about a second at most."""
    return resamples * times.size <= MOST_DRAWS


def draw_units(times: FloatArray, resamples: int, rng: np.random.Generator) -> FloatArray:
    """(B, P) how often each kind of unit occurs when as many units as there are are drawn anew.

    Exactly a multinomial draw, three times as fast: independent Poisson counts, given their total,
    are one; so they fill nearly all places and single draws the rest. Kinds that occur seldom
    share one count, and units of theirs are drawn one by one.
    """
    n, order = int(times.sum()), np.argsort(times, kind="stable")
    unit = np.repeat(np.arange(times.size), times[order].astype(np.intp))  # the seldom ones first
    n_seldom = int(np.searchsorted(times[order], SELDOM, side="right"))
    seldom_units = int(times[order[:n_seldom]].sum())
    cells = np.concatenate([[seldom_units], times[order[n_seldom:]]])
    filled = _below(cells * max(1 - 2 / np.sqrt(n), 0.0), n, resamples, rng)
    singles = np.concatenate([filled[:, 0], n - filled.sum(1)])
    among = np.repeat([seldom_units, n], [filled[:, 0].sum(), (n - filled.sum(1)).sum()])
    place = np.repeat(np.tile(np.arange(resamples), 2), singles) * times.size
    place += unit[rng.integers(among)] if among.size else 0
    drawn = np.bincount(place, minlength=resamples * times.size).reshape(resamples, -1)
    drawn[:, n_seldom:] += filled[:, 1:]
    found = np.empty(drawn.shape)
    found[:, order] = drawn
    return found


def _below(
    rates: FloatArray, most: int, resamples: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """(B, C) Poisson counts whose total is not above `most`; rows above it are drawn again."""
    counts = rng.poisson(rates, size=(resamples, rates.size))
    while (above := counts.sum(1) > most).any():
        counts[above] = rng.poisson(rates, size=(int(above.sum()), rates.size))
    return counts


def _resampled_sums(
    statistics: Mapping[str, Statistic],
    times: FloatArray,
    resamples: int,
    rng: np.random.Generator,
) -> dict[str, FloatArray]:
    rows = max(1, MOST_AT_ONCE // max(times.size, 1))
    parts: dict[str, list[FloatArray]] = {name: [] for name in statistics}
    for start in range(0, resamples, rows):
        drawn = draw_units(times, min(rows, resamples - start), rng)
        for name, statistic in statistics.items():
            parts[name].append(drawn @ statistic.terms)
    return {name: np.concatenate(part) for name, part in parts.items()}


def percentiles(values: FloatArray, plan: Plan) -> Interval:
    """The middle of resampled values (B,); those where the coefficient does not exist are NaN."""
    defined = values[np.isfinite(values)]
    undefined = values.size - defined.size
    if defined.size < values.size / 2:
        reason = "undefined in more than half of the resamples"
        return Interval(None, None, None, "bootstrap", reason)
    se = float(defined.std(ddof=1)) if defined.size > 1 else 0.0
    if not se > 1e-12:
        return Interval(None, None, None, "bootstrap", NO_SPREAD)
    tail = (1 - plan.confidence) / 2
    lower, upper = np.quantile(defined, [tail, 1 - tail])
    reason = f"undefined in {undefined} resamples, which are left out" if undefined else ""
    return Interval(se, float(lower), float(upper), "bootstrap", reason)


def _value(statistic: Statistic, times: FloatArray) -> float:
    return float(statistic.estimate((times @ statistic.terms)[None]).value[0])
