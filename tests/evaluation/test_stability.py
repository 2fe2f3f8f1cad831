"""Differences, votes to separate, votes to flip, and counts that grow and merge."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.rating import rate
from evaluation.stability import differences, votes_to_flip
from tests.evaluation.examples import from_totals, simulated


def test_the_difference_of_two_systems_has_the_standard_error_of_a_logit():
    pair = differences(from_totals([("A", "B", 60, 40, 0)]), interval="vote")[0]
    scale = 400 / np.log(10)
    assert pair.rating.value == pytest.approx(scale * np.log(1.5))
    assert pair.rating.se == pytest.approx(scale * np.sqrt(1 / 60 + 1 / 40))
    assert pair.win_share.value == pytest.approx(0.6)


def test_votes_to_separate_follow_the_textbook_formula():
    """7.85 / (p (1 − p) δ²) votes tell two systems apart with 80 % power."""
    pair = differences(from_totals([("A", "B", 60, 40, 0)]), interval="vote")[0]
    expected = (1.959964 + 0.841621) ** 2 / (0.6 * 0.4 * np.log(1.5) ** 2)
    assert pair.votes_to_separate == pytest.approx(expected, abs=1)


def test_every_pair_is_listed_once_with_the_higher_rated_first():
    pairs = differences(simulated())
    assert len(pairs) == 6
    assert all(pair.rating.value >= 0 for pair in pairs)
    assert all(pair.rating.lower < pair.rating.value < pair.rating.upper for pair in pairs)


def test_too_few_raters_withhold_the_intervals_of_differences():
    pair = differences(simulated(n_raters=3))[0]
    assert (pair.rating.lower, pair.win_share.upper, pair.votes_to_separate) == (None, None, None)


def test_equal_systems_cannot_be_separated():
    pair = differences(from_totals([("A", "B", 50, 50, 0)]), interval="vote")[0]
    assert pair.votes_to_separate is None


def test_a_margin_of_ten_votes_is_overturned_by_removing_ten():
    flip = votes_to_flip(from_totals([("A", "B", 55, 45, 0)]))
    assert (flip.leader, flip.challenger, flip.votes) == ("A", "B", 10)
    assert flip.share == pytest.approx(0.1)


def test_removing_the_votes_found_really_changes_the_first():
    votes = simulated(12, 40, (0.3, 0.2, -0.1, -0.4), seed=8)
    flip = votes_to_flip(votes)
    strength = {s.name: s.log_strength for s in rate(votes).systems}
    assert max(strength, key=strength.get) == flip.leader
    assert 0 < flip.votes < 0.2 * len(votes)


def test_a_firm_lead_needs_more_votes_to_flip_than_a_narrow_one():
    narrow = votes_to_flip(from_totals([("A", "B", 52, 48, 0), ("B", "C", 50, 50, 0)]))
    firm = votes_to_flip(from_totals([("A", "B", 70, 30, 0), ("B", "C", 50, 50, 0)]))
    assert narrow.votes < firm.votes


def test_a_single_rated_system_has_nothing_to_flip():
    assert votes_to_flip(from_totals([("A", "B", 5, 0, 0)])) is None
