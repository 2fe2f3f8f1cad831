"""Bootstrap of the half-win ratings: the sandwich's question, answered by refitting."""

from __future__ import annotations

import numpy as np

from evaluation.bradley_terry import WON, half_wins, solve_strengths
from evaluation.clustering import Covariance
from evaluation.comparisons import Comparisons, DataError, FloatArray, IntArray, compact
from evaluation.connectivity import strong_components

ROUNDS = 400
USABLE = 0.9  # share of resamples that must carry a ranking


def bootstrap_strengths(
    comparisons: Comparisons,
    rng: np.random.Generator,
    *,
    clusters: str = "two-way",
    rounds: int = ROUNDS,
) -> FloatArray:
    """(B, K) log-strengths of resampled votes; resamples that carry no ranking are left out.

    `clusters`: "two-way" resamples raters and cases independently and weights a vote by the product
    of how often both were drawn (the pigeonhole bootstrap, Owen 2007, doi:10.1214/07-AOAS122);
    "rater", "case" and "vote" resample one of them. Raises `DataError` if too few resamples carry
    a ranking.
    """
    c, k = comparisons, comparisons.n_systems
    groups = [compact(codes) for codes in _clusters(c, clusters)]
    start = solve_strengths(half_wins(c.table))[0]
    won = WON[c.outcome]
    pair = c.model_a.astype(np.int64) * k + c.model_b
    kept = []
    for _ in range(rounds):
        weight = np.ones(len(c)) if c.weight is None else c.weight.copy()
        for codes, n in groups:
            weight *= np.bincount(rng.integers(n, size=n), minlength=n)[codes]
        wins = np.zeros((k, k))
        wins += np.bincount(pair, weight * won, k * k).reshape(k, k)
        wins += np.bincount(pair, weight * (1 - won), k * k).reshape(k, k).T
        if len(strong_components(wins)) == 1:
            kept.append(solve_strengths(wins, start=start)[0])
    if len(kept) < USABLE * rounds:
        raise DataError(f"only {len(kept)} of {rounds} resamples carry a ranking: too few votes")
    return np.array(kept)


def bootstrap_covariance(comparisons: Comparisons, rng: np.random.Generator) -> Covariance:
    """Two-way bootstrap covariance (K, K): it counts the votes' own noise up to three times, so it
    is read with normal quantiles and errs on the wide side (Owen 2007)."""
    return Covariance(np.cov(bootstrap_strengths(comparisons, rng).T))


def _clusters(c: Comparisons, clusters: str) -> list[IntArray]:
    if clusters == "vote":
        return [np.arange(len(c))]
    wanted = (c.rater, c.case) if clusters == "two-way" else (getattr(c, clusters),)
    found = [codes for codes in wanted if codes is not None]
    if len(found) < len(wanted):
        raise DataError(f"a {clusters} bootstrap needs rater and case columns")
    return found
