"""Raters one by one: repeats, leave-one-out, majorities."""

import numpy as np
import pytest

from evaluation.agreement import agree
from evaluation.agreement.raters import decide, leave_one_out, mirrored, self_agreement
from evaluation.comparisons import DataError
from tests.evaluation.agreement_examples import TWELVE_UNITS, by_rater


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        ("left_strongly", "right_strongly"),
        ("right_slightly", "left_slightly"),
        ("left", "right"),
        ("tie", "tie"),
        ("both_unacceptable", "both_unacceptable"),
    ],
)
def test_an_outcome_is_mirrored_when_the_sides_are_swapped(shown, read):
    assert mirrored(shown) == read
    assert mirrored(read) == shown


def test_a_rater_who_keeps_to_a_side_is_seen_through_swapped_repeats():
    found = self_agreement(
        ["left_strongly", "left_slightly", "tie", "right_slightly"],
        ["left_slightly", "right_slightly", "tie", "right_slightly"],
        [True, True, True, False],
    )
    assert (found.n, found.same, found.same_side) == (4, 3, 1)
    assert found.percent.value == 0.75
    assert found.left_share == pytest.approx(3 / 6)


def test_repeats_of_unequal_length_are_refused():
    with pytest.raises(DataError, match="2 first, 1 second votes"):
        self_agreement(["tie", "tie"], ["tie"], [True, True])


def test_leaving_a_careless_rater_out_raises_alpha():
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 3, 80)
    votes = {name: np.where(rng.random(80) < 0.1, 0, truth) for name in "ABC"}
    votes["careless"] = rng.integers(0, 3, 80)
    rows = [(u, name, int(v)) for name, values in votes.items() for u, v in enumerate(values)]
    found = {r.rater: r for r in leave_one_out(*zip(*rows, strict=True))}
    assert found["careless"].change > 0.2 > 0 > found["A"].change
    assert found["careless"].with_others < 0.5 < found["A"].with_others


def test_leave_one_out_is_alpha_of_the_remaining_rows():
    units, raters, values = by_rater(TWELVE_UNITS)
    rows = [row for row in zip(units, raters, values, strict=True) if row[1] != 2]
    expected = agree(*zip(*rows, strict=True), level="ordinal")["krippendorff_alpha"].value
    found = leave_one_out(units, raters, values, level="ordinal")
    assert found[2].without == pytest.approx(expected, abs=1e-14)


def test_without_the_second_of_two_raters_there_is_nothing_to_compare():
    found = leave_one_out([1, 1, 2, 2], ["a", "b"] * 2, ["x", "x", "y", "x"])
    assert [r.without for r in found] == [None, None]
    assert [r.with_others for r in found] == [0.5, 0.5]


def test_more_than_half_decides_and_half_does_not():
    found = decide([1, 1, 1, 2, 2, 3, 3, 3, 4], ["a", "a", "b", "a", "b", "c", "c", "c", ""])
    assert [(d.unit, d.value, d.how) for d in found] == [
        (1, "a", "majority"),
        (2, None, "no majority"),
        (3, "c", "unanimous"),
        (4, None, "no majority"),
    ]
    assert found[0].votes == {"a": 2, "b": 1}


def test_the_adjudicator_decides_only_where_the_raters_did_not():
    found = decide([1, 1, 2, 2, 2], list("abaab"), adjudicated={1: "b", 2: "b"})
    assert [(d.value, d.how) for d in found] == [("b", "adjudicated"), ("a", "majority")]
