"""What the votes say about the raters: side, ties, reliability, drift, outliers, contradictions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, stdtrit

from evaluation.bradley_terry import WON
from evaluation.comparisons import Comparisons, DataError, FloatArray, IntArray, Outcome, compact
from evaluation.newton import win_probability
from evaluation.penalised import ridge
from evaluation.results import Estimate

SHRINK = 0.01  # ridge penalty that keeps strengths finite while raters are judged
PRIOR = (4.0, 1.0)  # beta prior of a rater's reliability: four faithful votes to one reversed
RELIABILITY_STEP = 1e-5  # largest last change of a rater's reliability
CHUNK_CELLS = 1 << 22


def side_shares(comparisons: Comparisons, confidence: float = 0.95) -> list[Estimate]:
    """Per rater (in code order) the share of decided votes given to the left side.

    Wilson's (1927) interval, doi:10.1080/01621459.1927.10502953.
    """
    rater, n = _raters(comparisons)
    decided = _decided(comparisons)
    left = np.bincount(rater, comparisons.outcome == Outcome.MODEL_A, n)
    return _wilson(left, np.bincount(rater, decided, n), confidence)


def tie_shares(comparisons: Comparisons, confidence: float = 0.95) -> list[Estimate]:
    """Per rater the share of votes that prefer neither: how strictly ties are kept or given."""
    rater, n = _raters(comparisons)
    tied = np.bincount(rater, ~_decided(comparisons), n)
    return _wilson(tied, np.bincount(rater, minlength=n), confidence)


@dataclass(frozen=True)
class Reliability:
    """`theta` (K,): log-strengths with unreliable raters weighed down. `faithful` (R,): chance that
    a rater's decided vote follows them rather than their reverse; 0.5 is noise, below is contrary.
    """

    theta: FloatArray
    faithful: FloatArray
    iterations: int
    converged: bool


def reliability(comparisons: Comparisons, *, max_iterations: int = 500) -> Reliability:
    """Crowd-BT (Chen et al. 2013, doi:10.1145/2433396.2433420) by expectation–maximisation.

    P(rater r prefers a to b) = η_r p_ab + (1 − η_r) p_ba, with a beta prior on η and a light ridge
    on the strengths. Ties are left out. Raises `DataError` without raters or decided votes.
    """
    rater, n = _raters(comparisons)
    winner, loser, decided = _winners(comparisons)
    rater, k = rater[decided], comparisons.n_systems
    votes = np.bincount(rater, minlength=n)
    faithful, theta = np.full(n, 0.9), np.zeros(k)
    change, iterations = np.inf, 0
    while change > RELIABILITY_STEP and iterations < max_iterations:
        iterations += 1
        p = expit(theta[winner] - theta[loser])
        true = faithful[rater] * p
        true /= true + (1 - faithful[rater]) * (1 - p)
        table = np.zeros((k, k, len(Outcome)))
        table[:, :, Outcome.MODEL_A] = _pairs(winner, loser, true, k)
        table[:, :, Outcome.MODEL_B] = _pairs(winner, loser, 1 - true, k)
        theta = ridge(table, SHRINK).theta
        updated = (np.bincount(rater, true, n) + PRIOR[0] - 1) / (votes + sum(PRIOR) - 2)
        change = float(np.abs(updated - faithful).max())
        faithful = updated
    return Reliability(theta, faithful, iterations, change <= RELIABILITY_STEP)


def outlier_p_values(comparisons: Comparisons) -> FloatArray:
    """(R,) p-values that may be looked at after every vote, small for contrary or random raters.

    Each rater's decided votes, in row order, are tested against the strengths all other raters
    give. The evidence is the mean of two likelihood ratios, of random and of reversed voting; by
    Ville's inequality its running maximum exceeds 1/p with probability at most p (Ramdas et al.
    2023, doi:10.1214/23-STS894).
    """
    rater, n = _raters(comparisons)
    winner, loser, decided = _winners(comparisons)
    rater, k = rater[decided], comparisons.n_systems
    table = np.zeros((k, k, len(Outcome)))
    table[:, :, Outcome.MODEL_A] = _pairs(winner, loser, np.ones(len(winner)), k)
    p_values = np.ones(n)
    for r in range(n):
        own = rater == r
        others = table.copy()
        others[:, :, Outcome.MODEL_A] -= _pairs(winner[own], loser[own], np.ones(own.sum()), k)
        p = win_probability(ridge(others, SHRINK).theta)[winner[own], loser[own]]
        p = np.clip(p, 0.02, 0.98)
        evidence = np.logaddexp(np.cumsum(np.log(0.5 / p)), np.cumsum(np.log((1 - p) / p)))
        p_values[r] = np.exp(min(0.0, np.log(2) - evidence.max(initial=-np.inf)))
    return p_values


@dataclass(frozen=True)
class Drift:
    """Change from the first to the second half of each rater's votes, averaged over raters:
    `left_share` (ties half), `tie_share`, and `surprise` (distance of a vote from its prediction).
    """

    left_share: Estimate
    tie_share: Estimate
    surprise: Estimate


def drift(comparisons: Comparisons, confidence: float = 0.95) -> Drift:
    """Drift over position, rows being in the order of voting; t intervals over raters.

    Raises `DataError` if fewer than two raters gave at least two votes.
    """
    rater, n = _raters(comparisons)
    order = np.argsort(rater, kind="stable")
    starts = np.searchsorted(rater[order], np.arange(n))
    size = np.bincount(rater, minlength=n)
    place = np.empty(len(rater))
    place[order] = np.arange(len(rater)) - starts[rater[order]]
    late = place >= size[rater] / 2
    c = comparisons
    p = win_probability(ridge(c.table, SHRINK).theta)[c.model_a, c.model_b]
    won = WON[c.outcome]
    measures = (won, (~_decided(c)).astype(float), np.abs(won - p))
    return Drift(*(_change(values, rater, late, n, confidence) for values in measures))


def circular_triads(
    comparisons: Comparisons, *, within_case: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """((R,) circular triads, (R,) triads decided on all three sides) of each rater.

    A over B, B over C, C over A (Kendall & Babington Smith 1940, doi:10.2307/2332613); a quarter of
    the triads of a rater who votes at random. `within_case` compares votes on one case only.
    """
    rater, n = _raters(comparisons)
    winner, loser, decided = _winners(comparisons)
    if within_case and comparisons.case is None:
        raise DataError("contradictions within cases need a case column")
    group, of_rater = rater[decided], np.arange(n)
    if within_case and comparisons.case is not None:
        cell = rater[decided].astype(np.int64) * (int(comparisons.case.max()) + 1)
        found, group = np.unique(cell + comparisons.case[decided], return_inverse=True)
        of_rater = found // (int(comparisons.case.max()) + 1)
    circular, closed = _triads(winner, loser, group, len(of_rater), comparisons.n_systems)
    both = (np.bincount(of_rater, counts, n) for counts in (circular, closed))
    first, second = (counts.astype(np.int64) for counts in both)
    return first, second


def _triads(
    winner: IntArray, loser: IntArray, group: IntArray, n: int, k: int
) -> tuple[FloatArray, FloatArray]:
    circular, closed = np.zeros(n), np.zeros(n)
    chunk = max(1, CHUNK_CELLS // (k * k))
    for start in range(0, n, chunk):
        rows = (group >= start) & (group < start + chunk)
        count = min(chunk, n - start)
        cell = ((group[rows] - start) * k + winner[rows]) * k + loser[rows]
        wins = np.bincount(cell, minlength=count * k * k).reshape(count, k, k)
        over = (wins > wins.transpose(0, 2, 1)).astype(float)
        met = over + over.transpose(0, 2, 1)
        circular[start : start + count] = np.einsum("gij,gji->g", over @ over, over) / 3
        closed[start : start + count] = np.einsum("gij,gji->g", met @ met, met) / 6
    return np.rint(circular), np.rint(closed)


def _change(
    values: FloatArray, rater: IntArray, late: NDArray[np.bool_], n: int, confidence: float
) -> Estimate:
    halves = []
    for half in (~late, late):
        count = np.bincount(rater[half], minlength=n)
        total = np.bincount(rater[half], values[half], n)
        halves.append(np.divide(total, count, out=np.full(n, np.nan), where=count > 0))
    change = halves[1] - halves[0]
    change = change[np.isfinite(change)]
    if len(change) < 2:
        raise DataError("drift needs at least two raters with two votes each")
    mean, se = float(change.mean()), float(change.std(ddof=1) / np.sqrt(len(change)))
    reach = se * float(stdtrit(len(change) - 1, 0.5 + confidence / 2))
    return Estimate(mean, se, mean - reach, mean + reach)


def _wilson(hits: NDArray[np.generic], n: NDArray[np.generic], confidence: float) -> list[Estimate]:
    z = float(stdtrit(1e10, 0.5 + confidence / 2))
    estimates = []
    for x, total in zip(hits.tolist(), n.tolist(), strict=True):
        if total == 0:
            estimates.append(Estimate(float("nan")))
            continue
        p = x / total
        centre = (p + z**2 / (2 * total)) / (1 + z**2 / total)
        reach = z * np.sqrt(p * (1 - p) / total + z**2 / (4 * total**2)) / (1 + z**2 / total)
        se = float(np.sqrt(p * (1 - p) / total))
        estimates.append(Estimate(float(p), se, float(centre - reach), float(centre + reach)))
    return estimates


def _raters(c: Comparisons) -> tuple[IntArray, int]:
    if c.rater is None:
        raise DataError("statistics of raters need a rater column")
    return compact(c.rater)


def _decided(c: Comparisons) -> NDArray[np.bool_]:
    return np.asarray((c.outcome == Outcome.MODEL_A) | (c.outcome == Outcome.MODEL_B))


def _winners(c: Comparisons) -> tuple[IntArray, IntArray, NDArray[np.bool_]]:
    """(winner, loser) of the decided votes, and which votes those are."""
    decided = _decided(c)
    if not decided.any():
        raise DataError("every vote is a tie")
    left = c.outcome[decided] == Outcome.MODEL_A
    a, b = c.model_a[decided], c.model_b[decided]
    return np.where(left, a, b), np.where(left, b, a), decided


def _pairs(first: IntArray, second: IntArray, values: FloatArray, k: int) -> FloatArray:
    cell = first.astype(np.int64) * k + second
    return np.bincount(cell, values, k * k).reshape(k, k).astype(float)
