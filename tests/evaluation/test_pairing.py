"""Choosing comparisons: even designs, known probabilities, balanced sides."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from evaluation.connectivity import weak_components
from evaluation.newton import laplacian, win_probability
from evaluation.pairing import (
    Candidates,
    PairingState,
    choose,
    expected_gain,
    posterior_mode,
    side_draw,
)


def all_candidates(n_systems, n_cases):
    first, second = np.triu_indices(n_systems, 1)
    case = np.repeat(np.arange(n_cases), len(first))
    return Candidates(case, np.tile(first, n_cases), np.tile(second, n_cases))


def empty_state(n_systems, n_cases, wins=None):
    k = n_systems
    zeros = np.zeros((k, k), int)
    return PairingState(zeros, np.zeros(k, int), np.zeros((n_cases, k), int), wins)


def show(state, candidates, index):
    i, j, case = candidates.first[index], candidates.second[index], candidates.case[index]
    for a, b in ((i, j), (j, i)):
        state.shown[a, b] += 1
        state.shown_to_rater[a] += 1
        state.shown_on_case[case, a] += 1


def test_uniform_gives_every_candidate_the_same_probability():
    rng = np.random.default_rng(0)
    choice = choose("uniform", all_candidates(4, 3), empty_state(4, 3), rng)
    assert choice.probability == pytest.approx(1 / 18)


def test_balanced_connects_all_systems_in_as_few_ballots_as_a_tree():
    rng = np.random.default_rng(1)
    candidates, state = all_candidates(7, 5), empty_state(7, 5)
    for _ in range(6):
        show(state, candidates, choose("balanced", candidates, state, rng).index)
    assert len(weak_components(state.shown)) == 1


def test_balanced_shows_every_pair_equally_often():
    rng = np.random.default_rng(2)
    candidates, state = all_candidates(5, 8), empty_state(5, 8)
    for _ in range(40):
        show(state, candidates, choose("balanced", candidates, state, rng).index)
    off_diagonal = state.shown[~np.eye(5, dtype=bool)]
    assert set(off_diagonal) == {4}
    assert set(state.shown_to_rater) == {16}


def test_balanced_spreads_ballots_over_cases():
    rng = np.random.default_rng(3)
    candidates, state = all_candidates(4, 6), empty_state(4, 6)
    for _ in range(36):
        show(state, candidates, choose("balanced", candidates, state, rng).index)
    per_case = state.shown_on_case.sum(1)
    assert per_case.max() - per_case.min() <= 4


def test_balanced_prefers_the_systems_the_rater_has_met_least():
    candidates, state = all_candidates(4, 1), empty_state(4, 1)
    state.shown[:] = 1 - np.eye(4, dtype=int)
    state.shown_to_rater[:] = [3, 3, 0, 0]
    choice = choose("balanced", candidates, state, np.random.default_rng(4))
    assert (candidates.first[choice.index], candidates.second[choice.index]) == (2, 3)
    assert choice.probability == 1.0


def test_adaptive_asks_about_the_pair_that_is_open_and_keeps_a_uniform_share():
    wins = np.array([[0, 30, 40, 40], [10, 0, 21, 40], [0, 20, 0, 40], [0, 0, 0, 0]], float)
    candidates = all_candidates(4, 2)
    state = empty_state(4, 2, wins)
    state.shown[:] = wins + wins.T
    rng = np.random.default_rng(5)
    chosen = [choose("adaptive", candidates, state, rng) for _ in range(300)]
    pairs = [(candidates.first[c.index], candidates.second[c.index]) for c in chosen]
    assert pairs.count((1, 2)) > 200
    assert {c.probability for c in chosen} == {0.2 / 12, 0.8 / 2 + 0.2 / 12}


def test_expected_gain_is_the_drop_in_regret_that_information_brings():
    """Against the regret recomputed with a little more information on one pair."""
    wins = np.array([[0, 13, 11], [12, 0, 14], [12, 11, 0]], float)
    shown = (wins + wins.T).astype(float)
    gain = expected_gain(wins, shown)
    weight = win_probability(posterior_mode(wins))[0, 1]
    weight *= 1 - weight
    more = shown.copy()
    more[0, 1] += 1e-4
    more[1, 0] += 1e-4
    dropped = (_regret(wins, shown) - _regret(wins, more)) / 1e-4
    v = _posterior(wins, shown)
    v01 = v[0, 0] + v[1, 1] - 2 * v[0, 1]
    assert gain[0, 1] == pytest.approx(dropped / (1 + weight * v01), rel=1e-3)


def _posterior(wins, shown):
    p = win_probability(posterior_mode(wins))
    return np.linalg.inv(laplacian(shown * p * p.T) + np.eye(len(wins)))


def _regret(wins, shown):
    theta, v = posterior_mode(wins), _posterior(wins, shown)
    first, second = np.triu_indices(len(theta), 1)
    s = np.sqrt(v[first, first] + v[second, second] - 2 * v[first, second])
    z = np.abs(theta[first] - theta[second]) / s
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return float((s * (density - z * ndtr(-z))).sum())


def test_adaptive_needs_fewer_votes_than_uniform_for_the_same_order():
    def misordered(strategy):
        wrong = []
        for seed in range(6):
            rng = np.random.default_rng(seed)
            theta = rng.permutation(np.linspace(-1, 1, 8))
            candidates, wins = all_candidates(8, 1), np.zeros((8, 8))
            state = empty_state(8, 1, wins)
            for _ in range(600):
                index = choose(strategy, candidates, state, rng).index
                i, j = candidates.first[index], candidates.second[index]
                show(state, candidates, index)
                won = rng.random() < 1 / (1 + np.exp(theta[j] - theta[i]))
                wins[(i, j) if won else (j, i)] += 1
            found = posterior_mode(wins)
            wrong.append(((found[:, None] < found) & (theta[:, None] > theta)).sum())
        return np.mean(wrong)

    assert misordered("adaptive") < 0.7 * misordered("uniform")


def test_weighting_by_the_inverse_probability_removes_the_adaptive_bias():
    """Horvitz–Thompson: the mean of value / probability is the plain sum over candidates."""
    wins = np.array([[0, 9, 5], [1, 0, 6], [5, 4, 0]], float)
    candidates = all_candidates(3, 4)
    state = empty_state(3, 4, wins)
    state.shown[:] = wins + wins.T
    rng = np.random.default_rng(6)
    value = rng.random(len(candidates))
    draws = [choose("adaptive", candidates, state, rng) for _ in range(3000)]
    weighted = np.array([value[c.index] / c.probability for c in draws])
    error = weighted.std() / np.sqrt(len(weighted))
    assert abs(weighted.mean() - value.sum()) < 4 * error


def test_the_same_generator_state_gives_the_same_choice():
    candidates, state = all_candidates(6, 9), empty_state(6, 9, np.zeros((6, 6)))
    for strategy in ("uniform", "balanced", "adaptive"):
        first = choose(strategy, candidates, state, np.random.default_rng(7))
        assert first == choose(strategy, candidates, state, np.random.default_rng(7))


def test_sides_differ_by_at_most_one_for_a_rater_and_pair():
    rng = np.random.default_rng(8)
    left = [0, 0]
    for _ in range(21):
        left[0 if side_draw(left[0], left[1], 0, rng) else 1] += 1
        assert abs(left[0] - left[1]) <= 1


def test_the_first_side_of_a_pair_evens_out_the_systems_over_pairs():
    rng = np.random.default_rng(9)
    assert side_draw(0, 0, -2, rng)
    assert not side_draw(0, 0, 3, rng)
    assert {side_draw(0, 0, 0, rng) for _ in range(50)} == {True, False}


def test_refusals_say_what_is_wrong():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="unknown strategy 'best'"):
        choose("best", all_candidates(3, 1), empty_state(3, 1), rng)
    nothing = Candidates(*(np.empty(0, int) for _ in range(3)))
    with pytest.raises(ValueError, match="no comparison"):
        choose("uniform", nothing, empty_state(3, 1), rng)
    with pytest.raises(ValueError, match="needs the wins"):
        choose("adaptive", all_candidates(3, 1), empty_state(3, 1), rng)


def test_over_1000_draws_each_system_stands_left_in_45_to_55_percent():
    rng = np.random.default_rng(10)
    left = np.zeros(4, int)
    shown = np.zeros(4, int)
    for _rater in range(20):
        pairs = np.zeros((4, 4), int)
        excess = np.zeros(4, int)
        for _ in range(50):
            a, b = sorted(rng.choice(4, 2, replace=False))
            a_left = side_draw(pairs[a, b], pairs[b, a], excess[a] - excess[b], rng)
            winner, loser = (a, b) if a_left else (b, a)
            pairs[winner, loser] += 1
            excess[winner] += 1
            excess[loser] -= 1
            left[winner] += 1
            shown[[a, b]] += 1
    assert shown.sum() == 2000
    assert ((left / shown > 0.45) & (left / shown < 0.55)).all()
