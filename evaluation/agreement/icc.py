"""Intraclass correlation of measurements: six forms with F-based intervals."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

from evaluation.agreement.ratings import codes
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
    """Two-way analysis of variance without replication: n units, k raters."""

    n: int
    k: int
    units: float
    raters: float
    error: float
    within: float


def icc(
    units: Iterable[Hashable],
    raters: Iterable[Hashable],
    values: Iterable[Any],
    *,
    confidence: float = 0.95,
) -> IccResult:
    """Intraclass correlations from long rows; units not rated by every rater are left out.

    Source: McGraw & Wong (1996), Psychol Methods 1:30, tables 4 and 7; Shrout & Fleiss (1979),
    Psychol Bull 86:420. Two-way forms are the same numbers for fixed and random raters.

    Raises `DataError` for values that are not numbers, or fewer than two raters or complete units.
    """
    table = _table(units, raters, values)
    complete = table[~np.isnan(table).any(1)]
    if complete.shape[0] < 2 or complete.shape[1] < 2:
        found = f"{complete.shape[0]} complete units and {complete.shape[1]} raters"
        raise DataError(f"intraclass correlation needs two of each or more, found {found}")
    squares = mean_squares(complete)
    return IccResult(
        n_units=len(complete),
        n_raters=complete.shape[1],
        n_incomplete=len(table) - len(complete),
        confidence=confidence,
        coefficients=_forms(squares, confidence),
    )


def mean_squares(table: Matrix) -> MeanSquares:
    """Mean squares of a complete (n, k) table of units × raters."""
    n, k = table.shape
    grand = table.mean()
    units = k * ((table.mean(1) - grand) ** 2).sum()
    raters = n * ((table.mean(0) - grand) ** 2).sum()
    total = ((table - grand) ** 2).sum()
    return MeanSquares(
        n=n,
        k=k,
        units=float(units / (n - 1)),
        raters=float(raters / (k - 1)),
        error=float((total - units - raters) / ((n - 1) * (k - 1))),
        within=float((total - units) / (n * (k - 1))),
    )


def _forms(s: MeanSquares, confidence: float) -> dict[str, Coefficient]:
    if s.units + s.raters + s.error < 1e-300:
        reason = "every measurement is the same: there is no variance to share"
        return {name: Coefficient(None, reason=reason) for name in FORMS}
    tail = (1 - confidence) / 2
    one_way = _ratio_interval(s.units, s.within, s.n - 1, s.n * (s.k - 1), tail)
    two_way = _ratio_interval(s.units, s.error, s.n - 1, (s.n - 1) * (s.k - 1), tail)
    absolute, bounds = _absolute(s, tail)
    return {
        "icc_1": _single(s.units, s.within, s.k, one_way),
        "icc_k": _mean(s.units, s.within, one_way),
        "icc_c1": _single(s.units, s.error, s.k, two_way),
        "icc_ck": _mean(s.units, s.error, two_way),
        "icc_a1": _bounded(absolute, *bounds),
        "icc_ak": _bounded(*(_stepped_up(x, s.k) for x in (absolute, *bounds))),
    }


FORMS = ("icc_1", "icc_k", "icc_c1", "icc_ck", "icc_a1", "icc_ak")


def _ratio_interval(
    top: float, bottom: float, df_top: int, df_bottom: int, tail: float
) -> tuple[float, float]:
    """Bounds of the ratio of the two expected mean squares."""
    ratio = top / bottom if bottom > 0 else np.inf
    lower = ratio / fdtri(df_top, df_bottom, 1 - tail)
    return float(lower), float(ratio * fdtri(df_bottom, df_top, 1 - tail))


def _single(top: float, bottom: float, k: int, bounds: tuple[float, float]) -> Coefficient:
    value = (top - bottom) / (top + (k - 1) * bottom)
    return _bounded(value, *(_from_ratio(ratio, k) for ratio in bounds))


def _mean(top: float, bottom: float, bounds: tuple[float, float]) -> Coefficient:
    value = 1 - bottom / top if top > 0 else -np.inf
    return _bounded(value, *(1 - 1 / ratio if ratio > 0 else -np.inf for ratio in bounds))


def _absolute(s: MeanSquares, tail: float) -> tuple[float, tuple[float, float]]:
    """ICC(A,1) with Satterthwaite's degrees of freedom for rater and error variance."""
    bottom = s.units + (s.k - 1) * s.error + s.k / s.n * (s.raters - s.error)
    value = (s.units - s.error) / bottom
    if value > 1 - 1e-12:
        return value, (np.nan, np.nan)
    a = s.k * value / (s.n * (1 - value))
    b = 1 + s.k * value * (s.n - 1) / (s.n * (1 - value))
    pooled = a * s.raters + b * s.error
    parts = (a * s.raters) ** 2 / (s.k - 1) + (b * s.error) ** 2 / ((s.n - 1) * (s.k - 1))
    df = pooled**2 / parts
    f_low = fdtri(s.n - 1, df, 1 - tail)
    f_high = fdtri(df, s.n - 1, 1 - tail)
    spread = s.k * s.raters + (s.k * s.n - s.k - s.n) * s.error
    lower = s.n * (s.units - f_low * s.error) / (f_low * spread + s.n * s.units)
    upper = s.n * (f_high * s.units - s.error) / (spread + s.n * f_high * s.units)
    return value, (float(lower), float(upper))


def _from_ratio(ratio: float, k: int) -> float:
    return 1.0 if np.isinf(ratio) else (ratio - 1) / (ratio + k - 1)


def _stepped_up(value: float, k: int) -> float:
    """Spearman–Brown: the reliability of the mean of k raters."""
    return k * value / (1 + (k - 1) * value)


def _bounded(value: float, lower: float, upper: float) -> Coefficient:
    if not np.isfinite(value):
        return Coefficient(None, reason="units do not differ at all")
    if not (np.isfinite(lower) and np.isfinite(upper)) or upper - lower < 1e-12:
        return Coefficient(value, reason="raters agree perfectly: no error to make an interval of")
    return Coefficient(value, None, lower, upper, method="F")


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
