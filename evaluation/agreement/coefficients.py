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


def percent(counts: Array) -> Statistic:
    """Share of pairs of raters who chose the same category, averaged over units."""

    def estimate(sums: Array) -> Estimates:
        observed = _ratio(sums[:, 2], sums[:, 1])
        return Estimates(observed, observed, np.zeros_like(observed))

    return Statistic(_terms(counts, np.eye(counts.shape[1])), estimate, given=1)


def fleiss(counts: Array, weights: Array) -> Statistic:
    """Fleiss' kappa, p_e = Σ w_kl π_k π_l; with two raters this is Scott's pi.

    Source: Fleiss (1971), Psychol Bull 76:378; Scott (1955), Public Opin Q 19:321.
    """
    return _chance_corrected(counts, weights, lambda share: _quadratic(share, weights))


def brennan_prediger(counts: Array, weights: Array) -> Statistic:
    """Brennan–Prediger (Randolph's free-marginal kappa), p_e = Σ w_kl / q²; NaN where q = 1.

    Source: Brennan & Prediger (1981), Educ Psychol Meas 41:687.
    """
    chance = weights.mean()
    return _chance_corrected(counts, weights, lambda share: np.full(len(share), chance))


def gwet(counts: Array, weights: Array) -> Statistic:
    """Gwet's AC1 (identity weights) or AC2: p_e = Σ w / (q(q−1)) · Σ π_k (1 − π_k); NaN if q = 1.

    Source: Gwet (2008), Br J Math Stat Psychol 61:29.
    """
    q = counts.shape[1]
    scale = weights.sum() / (q * (q - 1)) if q > 1 else np.nan
    return _chance_corrected(counts, weights, lambda share: scale * (share * (1 - share)).sum(1))


def conger(ratings: Array, weights: Array) -> Statistic:
    """Conger's kappa, p_e the mean of Σ w_kl p_gk p_hl over pairs of raters g ≠ h.

    `ratings` (P, R) holds 0 for missing, else 1 + the category. With two raters it is Cohen's
    kappa. Source: Conger (1980), Psychol Bull 88:322; Cohen (1968), Psychol Bull 70:213.
    """
    n_raters, q = ratings.shape[1], len(weights)

    def estimate(sums: Array) -> Estimates:
        n_rated = sums[:, 2 : 2 + n_raters]
        cells = sums[:, 2 + n_raters :].reshape(-1, n_raters, q)
        margins = _ratio(cells, n_rated[:, :, None], empty=0.0)
        active = (n_rated.real > 0).sum(1)
        same = _quadratic(margins.reshape(-1, q), weights).reshape(-1, n_raters).sum(1)
        crossed = _quadratic(margins.sum(1), weights) - same
        return _corrected(_ratio(sums[:, 1], sums[:, 0]), _ratio(crossed, active * (active - 1)))

    return Statistic(_rater_terms(ratings, weights), estimate, given=0)


def krippendorff(counts: Array, weights: Array) -> Statistic:
    """Krippendorff's alpha with a distance 1 − w that does not depend on the data.

    Only units with two ratings or more count; n of their values are in play and expected agreement
    draws pairs of them without replacement. Source: Krippendorff (2011), "Computing Krippendorff's
    alpha-reliability"; Hayes & Krippendorff (2007), Commun Methods Meas 1:77.
    """
    paired = counts * (counts.sum(1) >= 2)[:, None]
    total = paired.sum(1)
    alike = _ratio(_quadratic(paired, weights) - total, total - 1, empty=0.0) * (total > 0)

    def estimate(sums: Array) -> Estimates:
        n = sums[:, 0]
        chance = _ratio(_quadratic(sums[:, 2:], weights) - n, n * (n - 1))
        return _corrected(_ratio(sums[:, 1], n), chance)

    return Statistic(np.column_stack([total, alike, paired]), estimate)


def krippendorff_ordinal(counts: Array) -> Statistic:
    """Krippendorff's alpha with the ordinal distance (n_c/2 + Σ between + n_k/2)².

    That distance is the squared gap of the categories' mid-ranks, so it moves with the sample, and
    the coincidences of every pair of categories are kept: q(q−1)/2 sums.
    """
    q = counts.shape[1]
    first, second = np.triu_indices(q, 1)
    paired = counts * (counts.sum(1) >= 2)[:, None]
    others = np.maximum(paired.sum(1) - 1, 1)[:, None]
    coincidences = 2 * paired[:, first] * paired[:, second] / others

    def estimate(sums: Array) -> Estimates:
        used, met = sums[:, :q], sums[:, q:]
        n = used.sum(1)
        rank = np.cumsum(used, 1) - used / 2
        widest = (rank[:, -1] - rank[:, 0]) ** 2
        observed = _ratio((met * (rank[:, first] - rank[:, second]) ** 2).sum(1), n)
        spread = n * (used * rank**2).sum(1) - (used * rank).sum(1) ** 2
        expected = _ratio(2 * spread, n * (n - 1))
        return _corrected(1 - _ratio(observed, widest), 1 - _ratio(expected, widest))

    return Statistic(np.hstack([paired, coincidences]), estimate)


def _terms(counts: Array, weights: Array) -> Array:
    """(P, 3 + q): rated, rated twice, agreement p_a of the unit, shares r_ik / r_i."""
    total = counts.sum(1)
    pairs = total * (total - 1)
    alike = _ratio(_quadratic(counts, weights) - total, pairs, empty=0.0)
    shares = counts / np.maximum(total, 1)[:, None]
    return np.column_stack([total >= 1, total >= 2, alike, shares]).astype(float)


def _chance_corrected(counts: Array, weights: Array, expected: Expected) -> Statistic:
    def estimate(sums: Array) -> Estimates:
        share = _ratio(sums[:, 3:], sums[:, :1])
        return _corrected(_ratio(sums[:, 2], sums[:, 1]), expected(share))

    return Statistic(_terms(counts, weights), estimate, given=1)


def _rater_terms(ratings: Array, weights: Array) -> Any:
    """(P, 2 + R + Rq) sparse: rated twice, agreement, who rated, and who rated what."""
    n_units, n_raters = ratings.shape
    q = len(weights)
    unit, rater = np.nonzero(ratings)
    value = ratings[unit, rater] - 1
    counts = np.bincount(unit * q + value, minlength=n_units * q).reshape(n_units, q)
    pooled = _terms(counts, weights)[:, 1:3]
    rows, columns = np.nonzero(pooled)
    return csr_array(
        (
            np.concatenate([pooled[rows, columns], np.ones(2 * unit.size)]),
            (
                np.concatenate([rows, unit, unit]),
                np.concatenate([columns, 2 + rater, 2 + n_raters + rater * q + value]),
            ),
        ),
        shape=(n_units, 2 + n_raters * (q + 1)),
    )


def _corrected(observed: Array, expected: Array) -> Estimates:
    value = _ratio(observed - expected, 1 - expected, nearly_zero=1e-12)
    return Estimates(value, observed, expected)


def _quadratic(x: Array, weights: Array) -> Array:
    """(B,) x' w x for each row of x (B, q)."""
    return np.asarray(((x @ weights) * x).sum(1))


def _ratio(top: Array, bottom: Array, *, empty: float = np.nan, nearly_zero: float = 0.0) -> Array:
    """top / bottom, and `empty` where the bottom is 0."""
    shape = np.broadcast_shapes(np.shape(top), np.shape(bottom))
    out = np.full(shape, empty, dtype=np.result_type(top, bottom, float))
    np.divide(top, bottom, out=out, where=np.broadcast_to(np.abs(bottom) > nearly_zero, shape))
    return out
