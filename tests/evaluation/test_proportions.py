"""Proportions in clusters."""

import numpy as np
import pytest

from evaluation.comparisons import DataError
from evaluation.proportions import clustered_proportion


def test_many_clusters_of_one_give_about_the_exact_binomial_interval() -> None:
    # Clopper–Pearson for 10 of 100: [0.0490, 0.1762].
    events = np.array([1] * 10 + [0] * 90)
    found = clustered_proportion(events, np.ones(100, int))
    assert (found.value, found.n, found.n_clusters) == (0.1, 100, 100)
    assert (found.lower, found.upper) == pytest.approx((0.0490, 0.1762), abs=6e-4)


def test_one_rater_who_flags_everything_widens_the_interval() -> None:
    shown = np.full(6, 20)
    alike = clustered_proportion(np.array([2, 2, 2, 2, 2, 2]), shown)
    alone = clustered_proportion(np.array([12, 0, 0, 0, 0, 0]), shown)
    assert alike.value == alone.value
    assert alone.upper - alone.lower > 1.5 * (alike.upper - alike.lower)


def test_no_flag_at_all_still_has_an_upper_limit() -> None:
    found = clustered_proportion(np.zeros(6, int), np.full(6, 5))
    assert found.lower == 0.0
    assert 0.1157 < found.upper < 0.25  # wider than 0 of 30 independent trials


def test_a_single_rater_gives_no_interval() -> None:
    found = clustered_proportion(np.array([1]), np.array([40]))
    assert (found.value, found.lower, found.upper) == (0.025, None, None)


@pytest.mark.parametrize(("events", "trials"), [([3], [2]), ([], []), ([0], [0])])
def test_impossible_counts_are_refused(events: list[int], trials: list[int]) -> None:
    with pytest.raises(DataError):
        clustered_proportion(np.array(events, int), np.array(trials, int))


def test_the_interval_covers_a_rate_shared_unevenly_by_few_raters() -> None:
    rng = np.random.default_rng(3)
    shown = np.full(8, 30)
    hits = 0
    for _ in range(400):
        rates = rng.beta(2, 18, size=8)  # mean 0.1
        found = clustered_proportion(rng.binomial(shown, rates), shown)
        hits += found.lower <= 0.1 <= found.upper
    assert hits / 400 > 0.93
