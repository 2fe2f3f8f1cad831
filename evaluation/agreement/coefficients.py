"""Agreement coefficients as functions of sums over units.

Every coefficient here depends on the units only through a vector of sums, one term per unit. So a
point estimate is one product (how often each kind of unit occurs × its terms), a bootstrap is one
matrix product, and the linearised standard error is one gradient.

Notation: r_ik raters put unit i into category k, r_i in all; w the agreement weights; p_a observed
and p_e expected agreement; a coefficient is (p_a − p_e) / (1 − p_e). With missing ratings p_a is
the mean over units with two ratings or more and the prevalences π_k the mean of r_ik / r_i over
all rated units (Gwet, *Handbook of Inter-Rater Reliability*, 4th ed. 2014, chapters 2-5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Array = NDArray[Any]  # real, or complex while a gradient is taken
Expected = Callable[[Array], Array]


@dataclass(frozen=True)
class Estimates:
    """A coefficient at B vectors of sums: each field has shape (B,), NaN where undefined."""

    value: Array
    observed: Array
    expected: Array


@dataclass(frozen=True)
class Statistic:
    """A coefficient: `terms` (P, d) of each kind of unit, and `estimate`: (B, d) sums → values.

    `given` is the column that says whether a unit was rated twice, where units rated once count.
    """

    terms: Any
    estimate: Callable[[Array], Estimates]
    given: int | None = None


@dataclass(frozen=True)
class Formula:
    """A coefficient of counts that do not say who rated.

    `terms` maps counts (…, P, q) to the terms (…, P, d) of each unit. Its second argument has the
    same shape: how much of a count times itself is a rating beside itself, which is no comparison.
    That equals the counts, unless raters are drawn several times: a rater drawn m times adds m to
    a count and m² to the second argument.
    """

    terms: Callable[[Array, Array], Array]
    estimate: Callable[[Array], Estimates]
    given: int | None = None

    def of(self, counts: Array) -> Statistic:
        """The statistic of units (P, q) whose raters each count once."""
        return Statistic(self.terms(counts, counts), self.estimate, self.given)


def percent(q: int) -> Formula:
    """Share of pairs of raters who chose the same of q categories, averaged over units."""

    def estimate(sums: Array) -> Estimates:
        observed = _ratio(sums[:, 2], sums[:, 1])
        return Estimates(observed, observed, np.zeros_like(observed))

    return Formula(pooled_terms(np.eye(q)), estimate, given=1)


def fleiss(weights: Array) -> Formula:
    """Fleiss' kappa, p_e = Σ w_kl π_k π_l; with two raters this is Scott's pi.

    Source: Fleiss (1971), Psychol Bull 76:378; Scott (1955), Public Opin Q 19:321.
    """
    return _chance_corrected(weights, lambda share: _quadratic(share, weights))


def brennan_prediger(weights: Array) -> Formula:
    """Brennan–Prediger (Randolph's free-marginal kappa), p_e = Σ w_kl / q²; NaN where q = 1.

    Source: Brennan & Prediger (1981), Educ Psychol Meas 41:687.
    """
    chance = weights.mean()
    return _chance_corrected(weights, lambda share: np.full(len(share), chance))


def gwet(weights: Array) -> Formula:
    """Gwet's AC1 (identity weights) or AC2: p_e = Σ w / (q(q−1)) · Σ π_k (1 − π_k); NaN if q = 1.

    Source: Gwet (2008), Br J Math Stat Psychol 61:29.
    """
    q = len(weights)
    scale = weights.sum() / (q * (q - 1)) if q > 1 else np.nan
    return _chance_corrected(weights, lambda share: scale * (share * (1 - share)).sum(1))


def krippendorff(weights: Array) -> Formula:
    """Krippendorff's alpha with a distance 1 − w that does not depend on the data.

    Only units with two ratings or more count; n of their values are in play and expected agreement
    draws pairs of them without replacement. Source: Krippendorff (2011), "Computing Krippendorff's
    alpha-reliability"; Hayes & Krippendorff (2007), Commun Methods Meas 1:77.
    """

    def terms(counts: Array, own: Array) -> Array:
        total, pairs = _compared(counts, own)
        alike = _ratio(_quadratic(counts, weights) - own.sum(-1), pairs, empty=0.0)
        return _columns(total, total * alike, counts * (pairs > 0)[..., None])

    def estimate(sums: Array) -> Estimates:
        n = sums[:, 0]
        chance = _ratio(_quadratic(sums[:, 2:], weights) - n, n * (n - 1))
        return _corrected(_ratio(sums[:, 1], n), chance)

    return Formula(terms, estimate)


def krippendorff_ordinal(q: int) -> Formula:
    """Krippendorff's alpha of q categories with the ordinal distance (n_c/2 + Σ between + n_k/2)².

    That distance is the squared gap of the categories' mid-ranks, so it moves with the sample, and
    the coincidences of every pair of categories are kept: q(q−1)/2 sums.
    """
    first, second = np.triu_indices(q, 1)

    def terms(counts: Array, own: Array) -> Array:
        total, pairs = _compared(counts, own)
        each = _ratio(2 * total, pairs, empty=0.0)[..., None]
        met = each * counts[..., first] * counts[..., second]
        return np.concatenate([counts * (pairs > 0)[..., None], met], axis=-1)

    def estimate(sums: Array) -> Estimates:
        used, met = sums[:, :q], sums[:, q:]
        n = used.sum(1)
        rank = np.cumsum(used, 1) - used / 2
        widest = (rank[:, -1] - rank[:, 0]) ** 2
        observed = _ratio((met * (rank[:, first] - rank[:, second]) ** 2).sum(1), n)
        spread = n * (used * rank**2).sum(1) - (used * rank).sum(1) ** 2
        expected = _ratio(2 * spread, n * (n - 1))
        return _corrected(1 - _ratio(observed, widest), 1 - _ratio(expected, widest))

    return Formula(terms, estimate)


def conger(ratings: Array, weights: Array) -> Statistic:
    """Conger's kappa, p_e the mean of Σ w_kl p_gk p_hl over pairs of raters g ≠ h.

    `ratings` (P, R) holds 0 for missing, else 1 + the category. With two raters it is Cohen's
    kappa. Source: Conger (1980), Psychol Bull 88:322; Cohen (1968), Psychol Bull 70:213.
    """
    n_raters = ratings.shape[1]
    once = np.ones((1, n_raters))

    def estimate(sums: Array) -> Estimates:
        cells = sums[:, 2:].reshape(len(sums), n_raters, len(weights))
        return conger_estimate(sums[:, :2], cells, once, weights)

    return Statistic(_rater_terms(ratings, weights), estimate, given=0)


def conger_estimate(sums: Array, cells: Array, times: Array, weights: Array) -> Estimates:
    """Conger's kappa of B samples of raters.

    `sums` (B, 2): units rated twice, their agreement; `cells` (B, R, q): who rated what how often;
    `times` (B, R): how often each rater was drawn. A rater is not paired with themself.
    """
    rated = cells.sum(2)
    shares = _ratio(cells, rated[:, :, None], empty=0.0)
    drawn = times * (rated.real > 0)
    own = _quadratic(shares * drawn[:, :, None], weights).sum(1)
    crossed = _quadratic((shares * drawn[:, :, None]).sum(1), weights) - own
    pairs = drawn.sum(1) ** 2 - (drawn**2).sum(1)
    return _corrected(_ratio(sums[:, 1], sums[:, 0]), _ratio(crossed, pairs))


def pooled_terms(weights: Array) -> Callable[[Array, Array], Array]:
    """Terms (…, P, 3 + q): rated, rated twice, agreement p_a of the unit, shares r_ik / r_i."""

    def terms(counts: Array, own: Array) -> Array:
        total = counts.sum(-1)
        pairs = total**2 - own.sum(-1)
        alike = _ratio(_quadratic(counts, weights) - own.sum(-1), pairs, empty=0.0)
        return _columns(total > 0, pairs > 0, alike, _ratio(counts, total[..., None], empty=0.0))

    return terms


def _chance_corrected(weights: Array, expected: Expected) -> Formula:
    def estimate(sums: Array) -> Estimates:
        share = _ratio(sums[:, 3:], sums[:, :1])
        return _corrected(_ratio(sums[:, 2], sums[:, 1]), expected(share))

    return Formula(pooled_terms(weights), estimate, given=1)


def _compared(counts: Array, own: Array) -> tuple[Array, Array]:
    """(…, P) ratings in units with two raters or more, else 0; and their ordered pairs."""
    total = counts.sum(-1)
    pairs = total**2 - own.sum(-1)
    return total * (pairs > 0), pairs


def _columns(*parts: Array) -> Array:
    """(…, P) and (…, P, c) arrays side by side."""
    deep = max(part.ndim for part in parts)
    return np.concatenate(
        [part if part.ndim == deep else part[..., None] for part in parts], axis=-1, dtype=float
    )


def _rater_terms(ratings: Array, weights: Array) -> Any:
    """(P, 2 + Rq) sparse: rated twice, agreement, and who rated what."""
    n_units, n_raters = ratings.shape
    q = len(weights)
    unit, rater = np.nonzero(ratings)
    value = ratings[unit, rater] - 1
    counts = np.bincount(unit * q + value, minlength=n_units * q).reshape(n_units, q).astype(float)
    pooled = pooled_terms(weights)(counts, counts)[:, 1:3]
    rows, columns = np.nonzero(pooled)
    return csr_array(
        (
            np.concatenate([pooled[rows, columns], np.ones(unit.size)]),
            (np.concatenate([rows, unit]), np.concatenate([columns, 2 + rater * q + value])),
        ),
        shape=(n_units, 2 + n_raters * q),
    )


def _corrected(observed: Array, expected: Array) -> Estimates:
    value = _ratio(observed - expected, 1 - expected, nearly_zero=1e-12)
    return Estimates(value, observed, expected)


def _quadratic(x: Array, weights: Array) -> Array:
    """(…,) x' w x for each row of x (…, q)."""
    return np.asarray(((x @ weights) * x).sum(-1))


def _ratio(top: Array, bottom: Array, *, empty: float = np.nan, nearly_zero: float = 0.0) -> Array:
    """top / bottom, and `empty` where the bottom is 0."""
    usable = np.abs(bottom) > nearly_zero
    return np.where(usable, top / np.where(usable, bottom, 1), empty)
