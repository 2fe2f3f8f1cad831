"""Which comparison to show next, and on which side each system stands.

Pure functions: the caller keeps the counts and stores the probability beside the ballot, so that
any estimate can be weighted by its inverse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from evaluation.comparisons import FloatArray, IntArray
from evaluation.newton import laplacian, win_probability

UNIFORM_SHARE = 0.2  # of adaptive choices, so that every candidate keeps a known positive chance
PRIOR_SD = 1.0  # of log-strengths, for the adaptive choice only: it must work from the first vote


@dataclass(frozen=True)
class Candidates:
    """The M comparisons that may be shown: (M,) case codes and two system positions each."""

    case: IntArray
    first: IntArray
    second: IntArray

    def __len__(self) -> int:
        return len(self.case)

    def at(self, places: IntArray) -> Candidates:
        return Candidates(self.case[places], self.first[places], self.second[places])


@dataclass(frozen=True)
class PairingState:
    """What has been shown so far.

    `shown` (K, K), symmetric: ballots on each pair, open ones included, so that raters working at
    the same time do not pile up on one pair. `shown_to_rater` (K,): how often this rater met each
    system. `shown_on_case` (C, K): how often each system was shown for each case. `wins` (K, K):
    half-wins of row over column, read by the adaptive choice alone.
    """

    shown: IntArray
    shown_to_rater: IntArray
    shown_on_case: IntArray
    wins: FloatArray | None = None


@dataclass(frozen=True)
class Choice:
    """The chosen candidate and the probability with which it was chosen."""

    index: int
    probability: float


def choose(
    strategy: str,
    candidates: Candidates,
    state: PairingState,
    rng: np.random.Generator,
    among: IntArray | None = None,
) -> Choice:
    """One of `candidates`; `strategy` is a key of `STRATEGIES`.

    `among`: places of the only candidates to choose from, as where a rater asks for more of a case;
    the probability is then that of the choice among them. Raises `ValueError` for an unknown
    strategy or if there is no candidate.
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"unknown strategy {strategy!r}; use one of {', '.join(STRATEGIES)}")
    if not len(candidates):
        raise ValueError("there is no comparison to choose from")
    places = np.arange(len(candidates)) if among is None else among
    probability = STRATEGIES[strategy](candidates.at(places), state)
    place = int(rng.choice(len(places), p=probability))
    return Choice(int(places[place]), float(probability[place]))


def side_draw(
    first_left: int, second_left: int, first_excess: int, rng: np.random.Generator
) -> bool:
    """Whether the first system stands left.

    `first_left`, `second_left`: how often each stood left when this rater saw this pair;
    `first_excess`: the first system's left minus right showings to this rater over all pairs,
    less the second's. The rarer side is taken; an even count is settled by a coin.
    """
    excess = (first_left - second_left) or first_excess
    return bool(rng.random() < 0.5) if excess == 0 else excess < 0


def uniform(candidates: Candidates, state: PairingState) -> FloatArray:
    """(M,) every candidate alike."""
    return np.full(len(candidates), 1.0 / len(candidates))


def balanced(candidates: Candidates, state: PairingState) -> FloatArray:
    """(M,) the candidates that keep the design most even, alike; all others zero.

    In this order: join systems no votes connect yet; the pair shown least; the systems this rater
    met least; the systems shown least for the case; the case shown least.
    """
    first, second, case = candidates.first, candidates.second, candidates.case
    _, island = connected_components(csr_array(state.shown > 0), directed=False)
    on_case = state.shown_on_case
    kept = np.ones(len(candidates), bool)
    for cost in (
        island[first] == island[second],
        state.shown[first, second],
        state.shown_to_rater[first] + state.shown_to_rater[second],
        on_case[case, first] + on_case[case, second],
        on_case.sum(1)[case],
    ):
        kept &= cost == cost[kept].min()
    return np.asarray(kept / kept.sum())


def adaptive(candidates: Candidates, state: PairingState) -> FloatArray:
    """(M,) mostly the pairs whose next vote is expected to settle most of the ranking.

    A share of `UNIFORM_SHARE` is spread over all candidates. Raises `ValueError` without `wins`.
    """
    if state.wins is None:
        raise ValueError("the adaptive choice needs the wins so far")
    gain = expected_gain(state.wins, state.shown)[candidates.first, candidates.second]
    best = gain >= gain.max() * (1 - 1e-9)
    return np.asarray((1 - UNIFORM_SHARE) * best / best.sum() + UNIFORM_SHARE / len(gain))


def expected_gain(wins: FloatArray, shown: IntArray) -> FloatArray:
    """(K, K) drop in the expected regret of the ranking that one more vote on a pair brings.

    Strengths have a normal prior and an approximately normal posterior with covariance V. Ordering
    a pair by its posterior difference d, with standard deviation s, costs in expectation
    s·(φ(z) − z·Φ(−z)), z = |d| / s (Gupta & Miescke 1996, doi:10.1016/0378-3758(95)00169-7), whose
    derivative by s² is φ(z) / 2s. A vote on (i, j) takes c² / (v + 1/w) off the variance of every
    pair, c being its covariance with d_ij, v the variance of d_ij and w = p(1 − p); summed over
    pairs that is a quadratic form. Open ballots count as information, not as wins.
    """
    theta = posterior_mode(wins)
    p = win_probability(theta)
    weight = p * p.T
    information = laplacian(shown * weight) + np.eye(len(theta)) / PRIOR_SD**2
    v = np.asarray(np.linalg.inv(information), float)
    variance = _of_differences(v)
    np.fill_diagonal(variance, 1.0)
    z = (theta[:, None] - theta) / np.sqrt(variance)
    steepness = np.exp(-(z**2) / 2) / np.sqrt(8 * np.pi * variance)
    np.fill_diagonal(steepness, 0.0)
    moved = _of_differences(v @ laplacian(steepness) @ v)
    gain = moved * weight / (1 + weight * variance)
    np.fill_diagonal(gain, 0.0)
    return np.asarray(gain)


def _of_differences(v: FloatArray) -> FloatArray:
    """(K, K) variances of all differences under the covariance `v`."""
    diagonal = np.diag(v)
    return np.asarray(diagonal[:, None] + diagonal - 2 * v)


def posterior_mode(wins: FloatArray) -> FloatArray:
    """(K,) most likely log-strengths under the prior of the adaptive choice."""
    n, won = wins + wins.T, wins.sum(1)
    k = len(wins)
    theta = np.zeros(k)
    for _ in range(50):
        p = win_probability(theta)
        gradient = won - (n * p).sum(1) - theta / PRIOR_SD**2
        step = np.linalg.solve(laplacian(n * p * p.T) + np.eye(k) / PRIOR_SD**2, gradient)
        theta = theta + step / max(1.0, np.abs(step).max())
        if np.abs(step).max() < 1e-8:
            break
    return theta


STRATEGIES: Mapping[str, Callable[[Candidates, PairingState], FloatArray]] = {
    "uniform": uniform,
    "balanced": balanced,
    "adaptive": adaptive,
}
