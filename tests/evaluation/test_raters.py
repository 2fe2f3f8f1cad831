"""Statistics of raters find the raters that were planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evaluation.comparisons import Comparisons, DataError
from evaluation.raters import (
    circular_triads,
    drift,
    outlier_p_values,
    reliability,
    side_shares,
    tie_shares,
)
from tests.evaluation.examples import from_totals, simulated

THETA = (1.2, 0.4, -0.4, -1.2)


def with_contrary_and_random_raters():
    """Rater 0 votes the other way round, rater 1 at random, 18 others honestly."""
    votes = simulated(20, 60, THETA, seed=11)
    rng = np.random.default_rng(12)
    outcome = np.where(votes.rater == 0, 2 - votes.outcome, votes.outcome)
    outcome = np.where(votes.rater == 1, rng.integers(0, 3, len(votes)), outcome)
    return replace(votes, outcome=outcome)


def test_reliability_finds_the_contrary_and_the_random_rater():
    result = reliability(with_contrary_and_random_raters())
    assert result.converged
    assert result.faithful[0] < 0.3
    assert result.faithful[1] < 0.75
    assert result.faithful[2:].min() > 0.75
    assert np.all(np.diff(result.theta) < 0)


def test_outliers_are_found_and_honest_raters_are_not_accused():
    p = outlier_p_values(with_contrary_and_random_raters())
    assert p[0] < 0.001
    assert p[2:].min() > 0.05


def test_under_the_null_few_raters_are_accused():
    p = np.concatenate([outlier_p_values(simulated(20, 40, THETA, seed=s)) for s in range(10)])
    assert np.mean(p < 0.05) <= 0.05


def test_a_rater_who_always_picks_left_is_seen():
    votes = simulated(10, 50)
    votes = replace(votes, outcome=np.where(votes.rater == 3, 0, votes.outcome))
    shares = side_shares(votes)
    assert shares[3].value == 1.0
    assert shares[3].lower > 0.9
    assert sum(share.lower <= 0.5 <= share.upper for share in shares) >= 8


def test_a_rater_who_never_decides_has_no_side_but_a_tie_share_of_one():
    votes = simulated(10, 20)
    votes = replace(votes, outcome=np.where(votes.rater == 0, 3, votes.outcome))
    assert np.isnan(side_shares(votes)[0].value)
    assert tie_shares(votes)[0].value == 1.0


def test_the_interval_of_a_share_is_wilsons():
    share = side_shares(replace(from_totals([("A", "B", 8, 2, 0)]), rater=np.zeros(10, int)))[0]
    assert (share.lower, share.upper) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)


def test_raters_who_tire_into_ties_are_seen():
    votes = simulated(20, 60)
    place = votes.case / 60
    rng = np.random.default_rng(1)
    tired = rng.random(len(votes)) < 0.4 * place
    found = drift(replace(votes, outcome=np.where(tired, 1, votes.outcome)))
    assert found.tie_share.lower > 0
    assert found.left_share.lower < 0 < found.left_share.upper


def test_without_drift_the_intervals_hold_zero():
    found = drift(simulated(20, 60, seed=2))
    for estimate in (found.left_share, found.tie_share, found.surprise):
        assert estimate.lower < 0 < estimate.upper


def test_a_circle_of_three_votes_is_one_contradiction():
    votes = Comparisons.from_labels(
        list("ABCABC"),
        list("BCABCA"),
        ["model_a"] * 3 + ["model_a", "model_a", "model_b"],
        rater=["x"] * 3 + ["y"] * 3,
        case=["1"] * 6,
    )
    circular, closed = circular_triads(votes)
    assert circular.tolist() == [1, 0]
    assert closed.tolist() == [1, 1]


def test_contradictions_within_cases_do_not_mix_cases():
    votes = Comparisons.from_labels(
        list("ABC"), list("BCA"), ["model_a"] * 3, rater=["x"] * 3, case=list("112")
    )
    assert circular_triads(votes)[0].tolist() == [1]
    assert [counts.tolist() for counts in circular_triads(votes, within_case=True)] == [[0], [0]]


def test_a_quarter_of_random_triads_is_circular():
    rng = np.random.default_rng(3)
    first, second = np.triu_indices(8, 1)
    raters = 400
    votes = Comparisons(
        tuple("ABCDEFGH"),
        np.tile(first, raters),
        np.tile(second, raters),
        2 * rng.integers(0, 2, raters * len(first)),
        rater=np.repeat(np.arange(raters), len(first)),
    )
    circular, closed = circular_triads(votes)
    assert set(closed) == {56}
    assert circular.sum() / closed.sum() == pytest.approx(0.25, abs=0.01)


def test_statistics_of_raters_need_raters():
    with pytest.raises(DataError, match="need a rater column"):
        side_shares(from_totals([("A", "B", 1, 1, 0)]))
    with pytest.raises(DataError, match="every vote is a tie"):
        reliability(replace(from_totals([("A", "B", 0, 0, 2)]), rater=np.zeros(2, int)))
