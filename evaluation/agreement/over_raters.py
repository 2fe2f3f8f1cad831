"""Intervals that speak of other raters: raters drawn anew, or left out one at a time.

A rater drawn twice is not compared with themself, so drawing raters anew does not make agreement
look better than it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from evaluation.agreement.coefficients import Formula, conger, conger_estimate, pooled_terms
from evaluation.agreement.intervals import (
    FloatArray,
    Interval,
    Plan,
    around,
    draw_units,
    percentiles,
)
from evaluation.agreement.ratings import Ratings
from evaluation.agreement.weights import Matrix

FEWEST = 5  # raters, below which the spread between them cannot be estimated
MOST_AT_ONCE = 1_000_000  # counts held at a time
MOST_COUNTS = 50_000_000  # resamples × kinds of unit × categories; beyond it the bootstrap is slow


@dataclass(frozen=True)
class Table:
    """P kinds of unit, told apart by who said what, and the coefficients to evaluate on them.

    `rows` (P, R) holds 0 for missing, else 1 + the category; `times` (P,) how often each occurs.
    `formulas` are those that need not know who rated; Conger's kappa does.
    """

    rows: NDArray[np.intp]
    times: FloatArray
    formulas: Mapping[str, Formula]
    weights: Matrix
    with_conger: bool

    @property
    def n_counts(self) -> int:
        """Counts of one sample: kinds of unit × categories."""
        return self.times.size * len(self.weights)

    def values(self, raters: FloatArray, units: FloatArray) -> dict[str, FloatArray]:
        """(B,) values of every coefficient when each rater is drawn `raters` (B, R) times and each
        kind of unit `units` (B, P) times."""
        step = max(1, MOST_AT_ONCE // self.n_counts)
        parts = [
            self._values(raters[i : i + step], units[i : i + step])
            for i in range(0, len(raters), step)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _values(self, raters: FloatArray, units: FloatArray) -> dict[str, FloatArray]:
        counts, own = (self._counts(times) for times in (raters, raters**2))
        found = {
            name: formula.estimate(_summed(units, formula.terms(counts, own))).value
            for name, formula in self.formulas.items()
        }
        if self.with_conger:
            found["conger"] = self._conger(counts, own, raters, units)
        return found

    def _counts(self, times: FloatArray) -> FloatArray:
        """(B, P, q) ratings of each kind in each category, a rater's as often as they are drawn."""
        return np.asarray(times @ self._said).reshape(len(times), len(self.rows), -1)

    def _conger(
        self, counts: FloatArray, own: FloatArray, raters: FloatArray, units: FloatArray
    ) -> FloatArray:
        compared = _summed(units, pooled_terms(self.weights)(counts, own)[..., 1:3])
        cells = np.asarray(units @ conger(self.rows, self.weights).terms[:, 2:])
        shaped = cells.reshape(len(units), self.rows.shape[1], -1)
        return np.asarray(conger_estimate(compared, shaped, raters, self.weights).value)

    @property
    def _said(self) -> csr_array:
        """(R, Pq) 1 where a rater put a kind of unit into a category."""
        unit, rater = np.nonzero(self.rows)
        column = unit * len(self.weights) + self.rows[unit, rater] - 1
        shape = (self.rows.shape[1], self.n_counts)
        return csr_array((np.ones(unit.size), (rater, column)), shape=shape)


def rater_intervals(
    ratings: Ratings,
    formulas: Mapping[str, Formula],
    weights: Matrix,
    over_units: Mapping[str, Interval],
    plan: Plan,
) -> dict[str, Interval]:
    """Intervals over raters, or over units and raters, for all coefficients that have one over
    units.

    Bootstrap: raters drawn anew, with "both" units as well (the pigeonhole bootstrap, Owen 2007,
    Ann Appl Stat 1:386). Analytic: a jackknife over raters (Gwet 2008, Psychometrika 73:407), with
    "both" its variance and the linearised one over units together. Both count the noise of single
    ratings more than once in "both", and so err on the wide side.
    """
    names, n_raters = list(over_units), ratings.n_raters
    if n_raters < FEWEST:
        reason = f"an interval over raters needs {FEWEST} raters or more, here are {n_raters}"
        return {name: Interval(None, None, None, None, reason) for name in names}
    rows, times = ratings.kinds_by_rater
    table = Table(rows[:, ratings.has_rated], times, formulas, weights, "conger" in names)
    if plan.method == "bootstrap" and plan.resamples * table.n_counts <= MOST_COUNTS:
        values = _drawn(table, plan)
        return {name: percentiles(values[name], plan) for name in names}
    return _left_out(table, over_units, plan)


def _drawn(table: Table, plan: Plan) -> dict[str, FloatArray]:
    rng = np.random.default_rng(plan.seed)
    n_raters, size = table.rows.shape[1], plan.resamples
    raters = rng.multinomial(n_raters, np.full(n_raters, 1 / n_raters), size).astype(float)
    if plan.over == "raters":
        return table.values(raters, np.broadcast_to(table.times, (size, table.times.size)))
    return table.values(raters, draw_units(table.times, size, rng))


def _left_out(table: Table, over_units: Mapping[str, Interval], plan: Plan) -> dict[str, Interval]:
    n_raters = table.rows.shape[1]
    times = np.broadcast_to(table.times, (n_raters, table.times.size))
    without = table.values(1 - np.eye(n_raters), times)
    whole = table.values(np.ones((1, n_raters)), times[:1])
    return {
        name: _jackknife(float(whole[name][0]), without[name], interval, table.times.sum(), plan)
        for name, interval in over_units.items()
    }


def _jackknife(
    value: float, without: FloatArray, over_units: Interval, n_units: float, plan: Plan
) -> Interval:
    """From the values without each rater (R,); Satterthwaite's degrees of freedom for two parts."""
    if not np.isfinite(without).all():
        reason = "undefined without one of the raters"
        return Interval(None, None, None, "jackknife", reason)
    df = without.size - 1
    of_raters = df / without.size * float(((without - without.mean()) ** 2).sum())
    if plan.over == "raters":
        return around(value, of_raters**0.5, df, "jackknife", plan)
    of_units = (over_units.se or 0.0) ** 2
    both = of_raters + of_units
    spread = of_raters**2 / df + of_units**2 / (n_units - 1)
    joint = max(both**2 / spread, df) if spread > 0 else df
    return around(value, both**0.5, joint, "linearised and jackknife", plan)


def _summed(units: FloatArray, terms: FloatArray) -> FloatArray:
    """(B, d) sums of terms (B, P, d) of units drawn (B, P) times."""
    return np.asarray((units[:, None, :] @ terms)[:, 0])
