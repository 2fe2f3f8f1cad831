"""Means of automatic scores over cases, and how far raters prefer what scores higher."""

import numpy as np
import pytest

from evaluation.comparisons import DataError
from evaluation.reference_scores import mean_over_cases, preferred_is_higher


def test_the_mean_and_its_interval_by_hand() -> None:
    """Mean 0.5, standard deviation 0.2, n 3: 0.5 ± 4.302653 · 0.2 / √3."""
    found = mean_over_cases(np.array([0.3, 0.5, 0.7]), ["a", "b", "c"])
    assert (found.value, found.n_cases) == (pytest.approx(0.5), 3)
    assert found.lower == pytest.approx(0.5 - 4.30265273 * 0.2 / 3**0.5)
    assert found.upper == pytest.approx(0.5 + 4.30265273 * 0.2 / 3**0.5)


def test_a_case_that_was_repeated_weighs_as_one() -> None:
    found = mean_over_cases(np.array([0.0, 1.0, 1.0, 1.0]), ["a", "b", "b", "b"])
    assert (found.value, found.n_cases) == (0.5, 2)


def test_one_case_has_no_interval() -> None:
    found = mean_over_cases(np.array([0.25]), ["a"])
    assert (found.value, found.lower, found.upper) == (0.25, None, None)


@pytest.mark.parametrize("values", [[], [0.1, float("nan")], [0.1, float("inf")]])
def test_nothing_and_what_is_not_a_number_are_refused(values: list[float]) -> None:
    with pytest.raises(DataError):
        mean_over_cases(np.array(values), ["a", "b"][: len(values)])


def test_equal_scores_say_nothing_of_preference() -> None:
    found = preferred_is_higher(
        np.array([0.9, 0.2, 0.5, 0.8]), np.array([0.1, 0.4, 0.5, 0.3]), np.array([1, 1, 2, 2])
    )
    assert (found.value, found.n, found.n_clusters) == (pytest.approx(2 / 3), 3, 2)


def test_swapping_what_was_preferred_mirrors_the_share() -> None:
    rng = np.random.default_rng(1)
    a, b, rater = rng.random(60), rng.random(60), rng.integers(0, 6, 60)
    there, back = preferred_is_higher(a, b, rater), preferred_is_higher(b, a, rater)
    assert there.value + back.value == pytest.approx(1)
    assert there.lower is not None and back.upper is not None
    assert there.lower + back.upper == pytest.approx(1)


def test_no_telling_vote_is_refused() -> None:
    with pytest.raises(DataError):
        preferred_is_higher(np.array([0.5]), np.array([0.5]), np.array([1]))
