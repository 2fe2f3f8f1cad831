"""What must hold for any votes: symmetry, splitting, agreement of independent solvers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import root

from evaluation.bradley_terry import bradley_terry, half_wins, solve_strengths
from evaluation.comparisons import Comparisons
from evaluation.connectivity import strong_components
from evaluation.intervals import covariance
from evaluation.newton import DenseSteps, SparseSteps, newton_steps
from evaluation.ranks import rank_ranges
from evaluation.rating import rate
from evaluation.ties import davidson, rao_kupper
from tests.evaluation.examples import simulated


@st.composite
def tables(draw, n_outcomes=3):
    """(K, K, Y) counts in which every system beats its neighbour and is beaten by it."""
    k = draw(st.integers(2, 6))
    cells = st.integers(0, 12)
    shape = (k, k, n_outcomes)
    table = np.array(
        draw(st.lists(cells, min_size=k * k * n_outcomes, max_size=k * k * n_outcomes))
    )
    table = table.reshape(shape).astype(float)
    table[range(k), range(k)] = 0
    ring = (np.arange(k) + 1) % k
    table[np.arange(k), ring, 0] += 1
    table[np.arange(k), ring, n_outcomes - 1] += 1
    table[0, 1, 1] += 1
    return table


def four(table):
    """The table with a column of votes that both are bad, empty."""
    return np.concatenate([table, np.zeros_like(table[:, :, :1])], axis=2)


@given(tables())
@settings(max_examples=60, deadline=None)
def test_newton_agrees_with_the_minorisation_algorithm(table):
    """Hunter (2004), doi:10.1214/aos/1079120141: π_i ← W_i / Σ n_ij / (π_i + π_j)."""
    wins = half_wins(four(table))
    n, worth = wins + wins.T, np.ones(len(wins))
    for _ in range(20_000):
        new = wins.sum(1) / (n / (worth[:, None] + worth)).sum(1)
        new /= np.exp(np.log(new).mean())
        done = np.abs(np.log(new / worth)).max() < 1e-13
        worth = new
        if done:
            break
    assert solve_strengths(wins)[0] == pytest.approx(np.log(worth), abs=1e-8)


def davidson_by_hand(a, b, extra):
    """(3, …) probabilities from worths, as printed in Davidson (1970)."""
    tied = np.exp(extra) * np.sqrt(a * b)
    return np.array([a, tied, b]) / (a + b + tied)


def rao_kupper_by_hand(a, b, extra):
    """As printed in Rao & Kupper (1967)."""
    kappa = np.exp(extra)
    won, lost = a / (a + kappa * b), b / (b + kappa * a)
    return np.array([won, (kappa**2 - 1) * won * lost, lost])


@pytest.mark.parametrize(
    ("model", "by_hand"), [(davidson, davidson_by_hand), (rao_kupper, rao_kupper_by_hand)]
)
@given(table=tables())
@settings(max_examples=40, deadline=None)
def test_models_with_ties_agree_with_a_general_solver(model, by_hand, table):
    """Powell's hybrid method on derivatives by complex steps: no line of ours but the counts."""
    fit = model(table)
    assert fit.converged
    k = len(table)

    def log_likelihood(x):
        worth = np.exp(np.append(x[:-1], -x[:-1].sum()))
        p = by_hand(worth[:, None] + 0 * worth, worth + 0 * worth[:, None], x[-1])
        return (table.transpose(2, 0, 1) * np.log(p)).sum()

    def gradient(x):
        return [log_likelihood(x + 1e-30j * unit).imag / 1e-30 for unit in np.eye(k)]

    start = np.append(fit.theta[:-1], fit.extra) + 0.1
    found = root(gradient, start, method="hybr", options={"xtol": 1e-14})
    assert fit.log_likelihood == pytest.approx(log_likelihood(found.x), abs=1e-8)
    assert fit.theta[:-1] == pytest.approx(found.x[:-1], abs=1e-8)
    assert fit.extra == pytest.approx(found.x[-1:], abs=1e-8)


@given(tables(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_relabelling_the_systems_relabels_the_strengths(table, random):
    order = list(range(len(table)))
    random.shuffle(order)
    moved = table[np.ix_(order, order)]
    for fit in (lambda t: bradley_terry(four(t)), davidson, rao_kupper):
        assert fit(moved).theta == pytest.approx(fit(table).theta[order], abs=1e-9)


@given(tables())
@settings(max_examples=40, deadline=None)
def test_swapping_all_sides_changes_nothing(table):
    swapped = table.transpose(1, 0, 2)[:, :, ::-1]
    for fit in (lambda t: bradley_terry(four(t)), davidson, rao_kupper):
        assert fit(swapped).theta == pytest.approx(fit(table).theta, abs=1e-10)


@given(tables())
@settings(max_examples=40, deadline=None)
def test_turning_every_vote_round_turns_the_strengths_round(table):
    turned = table[:, :, ::-1]
    for fit in (lambda t: bradley_terry(four(t)), davidson, rao_kupper):
        assert fit(turned).theta == pytest.approx(-fit(table).theta, abs=1e-9)


@given(tables(), st.integers(2, 9))
@settings(max_examples=40, deadline=None)
def test_storing_every_vote_several_times_keeps_the_strengths(table, times):
    for fit in (lambda t: bradley_terry(four(t)), davidson, rao_kupper):
        assert fit(table * times).theta == pytest.approx(fit(table).theta, abs=1e-9)


@given(tables())
@settings(max_examples=40, deadline=None)
def test_models_with_ties_are_bradley_terry_where_there_are_none(table):
    table[:, :, 1] = 0
    plain = bradley_terry(four(table)).theta
    assert davidson(table).theta == pytest.approx(plain, abs=1e-12)
    assert rao_kupper(table).theta == pytest.approx(plain, abs=1e-12)


@given(tables())
@settings(max_examples=30, deadline=None)
def test_a_win_more_never_lowers_a_strength(table):
    wins = half_wins(four(table))
    before = solve_strengths(wins)[0]
    wins[0, 1] += 1
    after = solve_strengths(wins)[0]
    assert after[0] - after[1] > before[0] - before[1]


@given(tables())
@settings(max_examples=30, deadline=None)
def test_the_fit_reproduces_every_systems_wins(table):
    wins = half_wins(four(table))
    theta = solve_strengths(wins)[0]
    p = 1 / (1 + np.exp(theta - theta[:, None]))
    expected = ((wins + wins.T) * p).sum(1)
    assert expected == pytest.approx(wins.sum(1), abs=1e-7)


@given(st.integers(0, 2**32 - 1), st.lists(st.floats(0.1, 0.9), min_size=360, max_size=360))
@settings(max_examples=15, deadline=None)
def test_splitting_a_weight_over_two_rows_changes_no_rating(seed, parts):
    votes = simulated(seed=seed % 50)
    rows = np.concatenate([np.arange(len(votes))] * 2)
    split = np.concatenate([np.array(parts), 1 - np.array(parts)])
    double = replace(votes.select(rows), weight=split)
    for interval in ("two-way", "rater"):
        whole, halved = rate(votes, interval=interval), rate(double, interval=interval)
        for one, two in zip(whole.systems, halved.systems, strict=True):
            assert two.rating == pytest.approx(one.rating, abs=1e-7)
            assert two.se == pytest.approx(one.se, rel=1e-7)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_rank_ranges_hold_every_systems_own_place(seed):
    result = rate(simulated(8, 15, seed=seed), seed=seed)
    for place, system in enumerate(result.systems, start=1):
        assert 1 <= system.rank_low <= place <= system.rank_high <= 4


def test_rank_ranges_are_all_true_together_as_often_as_stated():
    """K = 8 equal systems: some range is wrong in at most about 5 % of studies."""
    wrong, sets = 0, 300
    rng = np.random.default_rng(0)
    for seed in range(sets):
        a = rng.integers(0, 8, 1500)
        b = (a + rng.integers(1, 8, 1500)) % 8
        votes = Comparisons(tuple("ABCDEFGH"), a, b, 2 * rng.integers(0, 2, 1500))
        fit = bradley_terry(votes.table)

        cov = covariance(votes, fit, "vote")
        low, high = rank_ranges(fit.theta, cov, confidence=0.95, rng=np.random.default_rng(seed))
        wrong += (low > 1).any() or (high < 8).any()
    assert 0.015 < wrong / sets < 0.09


def test_components_partition_the_systems():
    rng = np.random.default_rng(1)
    for _ in range(50):
        wins = (rng.random((9, 9)) < 0.12).astype(float)
        np.fill_diagonal(wins, 0)
        groups = strong_components(wins)
        assert sorted(np.concatenate(groups)) == list(range(9))
        reach = np.linalg.matrix_power(wins + np.eye(9), 9) > 0
        for group in groups:
            assert reach[np.ix_(group, group)].all()


@pytest.mark.parametrize(("k", "n"), [(220, 4000), (300, 10_000)])
def test_sparse_steps_lead_where_dense_ones_do(k, n):
    rng = np.random.default_rng(k)
    a = np.concatenate([np.arange(k), rng.integers(0, k, n)])
    b = (a + np.concatenate([np.ones(k, int), rng.integers(1, 30, n)])) % k
    votes = Comparisons(tuple(map(str, range(k))), a, b, rng.integers(0, 3, len(a)))
    wins = half_wins(votes.table)
    met, won = wins + wins.T, wins.sum(1)
    assert isinstance(newton_steps(met, won), SparseSteps)
    theta, dense = solve_strengths(wins)[0], np.zeros(k)
    for _ in range(30):
        dense = dense + DenseSteps(met, won).step(dense, np.inf)
    assert theta == pytest.approx(dense - dense.mean(), abs=1e-8)


def test_a_long_chain_of_systems_is_solved_all_the_same():
    """Conjugate gradients need as many steps as the chain is long, so they hand over."""
    k = 400
    first = np.arange(k - 1)
    a, b = np.concatenate([first, first]), np.concatenate([first + 1, first + 1])
    outcome = np.concatenate([np.zeros(k - 1, int), np.full(k - 1, 2)])
    weight = np.concatenate([np.full(k - 1, 1.1), np.ones(k - 1)])
    votes = Comparisons(tuple(map(str, range(k))), a, b, outcome, weight=weight)
    theta, _, converged = solve_strengths(half_wins(votes.table))
    assert converged
    assert -np.diff(theta) == pytest.approx(np.full(k - 1, np.log(1.1)), abs=1e-8)
