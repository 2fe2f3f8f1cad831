"""Intraclass correlation of measurements: six forms with F-based intervals."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

from evaluation.agreement.codes import codes
from evaluation.agreement.intervals import MOST_AT_ONCE, Interval, Plan, percentiles, refuse_plan
from evaluation.agreement.result import Coefficient
from evaluation.comparisons import DataError

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class IccResult:
    """Intraclass correlations by form, over `n_units` complete units and `n_raters` raters.

    `icc_1` one-way; `icc_a1`, `icc_ak` two-way, absolute agreement; `icc_c1`, `icc_ck` two-way,
    consistency; the forms ending in `k` are of the mean of all raters (`icc_k` one-way).
    """

    n_units: int
    n_raters: int
    n_incomplete: int
    confidence: float
    coefficients: dict[str, Coefficient]


@dataclass(frozen=True)
class MeanSquares:
    """Two-way analysis of variance without replication: n units, k raters; of B tables (B,)."""

    n: int
    k: int
    units: Matrix
    raters: Matrix
    error: Matrix
    within: Matrix

    def coefficients(self) -> dict[str, Matrix]:
        """All six forms (B,), NaN or infinite where undefined."""
        u, r, e, w, n, k = self.units, self.raters, self.error, self.within, self.n, self.k
        with np.errstate(divide="ignore", invalid="ignore"):
            return {
                "icc_1": (u - w) / (u + (k - 1) * w),
                "icc_k": 1 - w / u,
                "icc_c1": (u - e) / (u + (k - 1) * e),
                "icc_ck": 1 - e / u,
                "icc_a1": (u - e) / (u + (k - 1) * e + k / n * (r - e)),
                "icc_ak": (u - e) / (u + (r - e) / n),
            }


def icc(
    units: Iterable[Hashable],
    raters: Iterable[Hashable],
    values: Iterable[Any],
    *,
    interval: str = "F",
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> IccResult:
    """Intraclass correlations from long rows; units not rated by every rater are left out.

    Intervals are those of the F distribution, which trust normal errors, or a percentile
    "bootstrap" over units. Source: McGraw & Wong (1996), Psychol Methods 1:30, tables 4 and 7;
    Shrout & Fleiss (1979), Psychol Bull 86:420. Two-way forms are the same numbers for fixed and
    random raters.

    Raises `DataError` for values that are not numbers, a rater who measured a unit twice, fewer
    than two raters or complete units, and unknown settings.
    """
    plan = Plan(interval, "units", confidence, resamples, seed)
    _refuse_settings(plan)
    table = _table(units, raters, values)
    complete = table[~np.isnan(table).any(1)]
    if complete.shape[0] < 2 or complete.shape[1] < 2:
        found = f"{complete.shape[0]} complete units and {complete.shape[1]} raters"
        raise DataError(f"intraclass correlation needs two of each or more, found {found}")
    return IccResult(
        n_units=len(complete),
        n_raters=complete.shape[1],
        n_incomplete=len(table) - len(complete),
        confidence=confidence,
        coefficients=_forms(complete, plan),
    )


def mean_squares(tables: Matrix) -> MeanSquares:
    """Mean squares of complete tables (B, n, k) of units × raters."""
    n, k = tables.shape[-2:]
    grand = tables.mean((1, 2), keepdims=True)
    units = k * ((tables.mean(2, keepdims=True) - grand) ** 2).sum((1, 2))
    raters = n * ((tables.mean(1, keepdims=True) - grand) ** 2).sum((1, 2))
    total = ((tables - grand) ** 2).sum((1, 2))
    return MeanSquares(
        n=n,
        k=k,
        units=units / (n - 1),
        raters=raters / (k - 1),
        error=np.maximum(total - units - raters, 0.0) / ((n - 1) * (k - 1)),
        within=np.maximum(total - units, 0.0) / (n * (k - 1)),
    )


def _forms(table: Matrix, plan: Plan) -> dict[str, Coefficient]:
    if np.ptp(table) == 0:
        reason = "every measurement is the same: there is no variance to share"
        return {name: Coefficient(None, reason=reason) for name in FORMS}
    squares = mean_squares(table[None])
    values = {name: float(value[0]) for name, value in squares.coefficients().items()}
    if plan.method == "bootstrap":
        intervals = _drawn(table, plan)
    else:
        intervals = _by_f(squares, values["icc_a1"], (1 - plan.confidence) / 2)
    return {name: _coefficient(values[name], intervals[name]) for name in FORMS}


FORMS = ("icc_1", "icc_k", "icc_c1", "icc_ck", "icc_a1", "icc_ak")
METHODS = ("F", "bootstrap")


def _drawn(table: Matrix, plan: Plan) -> dict[str, Interval]:
    rng = np.random.default_rng(plan.seed)
    step = max(1, MOST_AT_ONCE // table.size)
    parts = []
    for start in range(0, plan.resamples, step):
        size = (min(step, plan.resamples - start), len(table))
        parts.append(mean_squares(table[rng.integers(len(table), size=size)]).coefficients())
    return {name: percentiles(np.concatenate([p[name] for p in parts]), plan) for name in FORMS}


def _by_f(s: MeanSquares, absolute: float, tail: float) -> dict[str, Interval]:
    units, error, within = (float(x[0]) for x in (s.units, s.error, s.within))
    one_way = _ratio_interval(units, within, s.n - 1, s.n * (s.k - 1), tail)
    two_way = _ratio_interval(units, error, s.n - 1, (s.n - 1) * (s.k - 1), tail)
    bounds = _absolute(s, absolute, tail)
    found = {
        "icc_1": [_from_ratio(ratio, s.k) for ratio in one_way],
        "icc_k": [_mean_from_ratio(ratio) for ratio in one_way],
        "icc_c1": [_from_ratio(ratio, s.k) for ratio in two_way],
        "icc_ck": [_mean_from_ratio(ratio) for ratio in two_way],
        "icc_a1": bounds,
        "icc_ak": [_stepped_up(x, s.k) for x in bounds],
    }
    return {name: Interval(None, lower, upper, "F") for name, (lower, upper) in found.items()}


def _ratio_interval(
    top: float, bottom: float, df_top: int, df_bottom: int, tail: float
) -> tuple[float, float]:
    """Bounds of the ratio of the two expected mean squares."""
    ratio = top / bottom if bottom > 0 else np.inf
    lower = ratio / fdtri(df_top, df_bottom, 1 - tail)
    return float(lower), float(ratio * fdtri(df_bottom, df_top, 1 - tail))


def _absolute(s: MeanSquares, value: float, tail: float) -> list[float]:
    """Bounds of ICC(A,1) with Satterthwaite's degrees of freedom for rater and error variance."""
    if value > 1 - 1e-12:
        return [np.nan, np.nan]
    units, raters, error = (float(x[0]) for x in (s.units, s.raters, s.error))
    a = s.k * value / (s.n * (1 - value))
    b = 1 + s.k * value * (s.n - 1) / (s.n * (1 - value))
    pooled = a * raters + b * error
    parts = (a * raters) ** 2 / (s.k - 1) + (b * error) ** 2 / ((s.n - 1) * (s.k - 1))
    df = pooled**2 / parts
    f_low = fdtri(s.n - 1, df, 1 - tail)
    f_high = fdtri(df, s.n - 1, 1 - tail)
    spread = s.k * raters + (s.k * s.n - s.k - s.n) * error
    lower = s.n * (units - f_low * error) / (f_low * spread + s.n * units)
    upper = s.n * (f_high * units - error) / (spread + s.n * f_high * units)
    return [float(lower), float(upper)]


def _from_ratio(ratio: float, k: int) -> float:
    return 1.0 if np.isinf(ratio) else (ratio - 1) / (ratio + k - 1)


def _mean_from_ratio(ratio: float) -> float:
    return 1 - 1 / ratio if ratio > 0 else -np.inf


def _stepped_up(value: float, k: int) -> float:
    """Spearman–Brown: the reliability of the mean of k raters."""
    return k * value / (1 + (k - 1) * value)


def _coefficient(value: float, found: Interval) -> Coefficient:
    if not np.isfinite(value):
        return Coefficient(None, reason="units do not differ at all")
    lower, upper = found.lower, found.upper
    if lower is None or upper is None:
        return Coefficient(value, reason=found.reason)
    if not (np.isfinite(lower) and np.isfinite(upper)) or upper - lower < 1e-12:
        return Coefficient(value, reason="raters agree perfectly: no error to make an interval of")
    return Coefficient(value, found.se, lower, upper, method=found.method, reason=found.reason)


def _refuse_settings(plan: Plan) -> None:
    if plan.method not in METHODS:
        raise DataError(f"unknown interval {plan.method!r}; there are {', '.join(METHODS)}")
    refuse_plan(plan)


def _table(units: Iterable[Hashable], raters: Iterable[Hashable], values: Iterable[Any]) -> Matrix:
    unit, unit_names = codes(units)
    rater, rater_names = codes(raters)
    table = np.full((len(unit_names), len(rater_names)), np.nan)
    for row, value in enumerate(values):
        if value is None or value == "":
            continue
        if not np.isnan(table[unit[row], rater[row]]):
            who, what = rater_names[rater[row]], unit_names[unit[row]]
            raise DataError(f"rater {who} already measured unit {what}", row=row)
        try:
            table[unit[row], rater[row]] = float(value)
        except ValueError:
            raise DataError(f"{value!r} is not a number", row=row) from None
    return table
