"""Awkward data: where other tools return a number without a word, ours says what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.comparisons import Comparisons, DataError
from evaluation.rating import rate
from tests.evaluation.examples import from_totals

CYCLE = [("A", "B", 7, 3, 2), ("B", "C", 6, 4, 1), ("C", "A", 4, 6, 0)]


def rated(result):
    return {system.name: system for system in result.systems}


def arrays(**changes):
    fields = {
        "names": ("A", "B", "C"),
        "model_a": np.array([0, 1, 2]),
        "model_b": np.array([1, 2, 0]),
        "outcome": np.array([0, 0, 0]),
    }
    return Comparisons(**(fields | changes))


def test_a_disconnected_graph_is_rated_per_component_and_says_so():
    result = rate(from_totals([*CYCLE, ("D", "E", 3, 5, 1)]))
    assert result.components == (("A", "B", "C"), ("D", "E"))
    said = "no common scale between {A, B, C} and {D, E}: no votes connect them"
    assert said in result.warnings
    systems = rated(result)
    assert sum(systems[name].log_strength for name in "ABC") == pytest.approx(0)
    assert sum(systems[name].log_strength for name in "DE") == pytest.approx(0)
    assert systems["A"].rank_high >= 3


def test_ranks_leave_room_for_systems_on_another_scale():
    systems = rated(rate(from_totals([("A", "B", 900, 100, 0), ("D", "E", 3, 5, 0)])))
    assert (systems["A"].rank_low, systems["A"].rank_high) == (1, 3)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (("C", "D", 9, 0, 0), "D lost all of its votes"),
        (("D", "C", 9, 0, 0), "D won all of its votes"),
    ],
)
def test_a_system_that_only_wins_or_loses_gets_a_sentence_in_place_of_a_number(row, text):
    result = rate(from_totals([*CYCLE, row]))
    assert result.components[0] == ("A", "B", "C")
    assert rated(result)["D"].rating is None
    assert rated(result)["A"].rating is not None
    assert any(text in warning for warning in result.warnings)


def test_the_one_sided_bound_is_where_such_a_run_becomes_unlikely():
    result = rate(from_totals([("A", "B", 5, 5, 0), ("D", "A", 4, 0, 0)]))
    warning = next(text for text in result.warnings if text.startswith("D won"))
    bound = 1000 + 400 * np.log10(0.05**0.25 / (1 - 0.05**0.25))
    assert f"above {bound:.0f} (95%)" in warning


def test_two_groups_of_which_one_always_wins_have_no_common_scale():
    result = rate(from_totals([*CYCLE, ("A", "D", 5, 0, 0), ("D", "E", 3, 3, 0)]))
    said = "between {A, B, C} and {D, E}: {A, B, C} won every vote"
    assert any(said in text for text in result.warnings)


def test_a_chain_of_winners_has_no_ratings_at_all():
    result = rate(from_totals([("A", "B", 4, 0, 0), ("B", "C", 4, 0, 0)]))
    assert {system.rating for system in result.systems} == {None}
    assert any("B won every vote against some" in text for text in result.warnings)


def test_a_listed_system_without_votes_is_named_and_not_rated():
    result = rate(arrays(names=("A", "B", "C", "D")))
    assert rated(result)["D"].rating is None
    assert "D has no votes, so it has no rating" in result.warnings


def test_no_votes_are_refused():
    empty = np.array([], int)
    with pytest.raises(DataError, match="there are no votes"):
        arrays(model_a=empty, model_b=empty, outcome=empty)


def test_one_vote_gives_no_number():
    result = rate(from_totals([("A", "B", 1, 0, 0)]))
    assert {system.rating for system in result.systems} == {None}


def test_only_ties_give_equal_ratings_and_no_interval_of_width_zero():
    result = rate(from_totals([("A", "B", 0, 0, 5), ("B", "C", 0, 0, 5)]))
    assert {system.rating for system in result.systems} == {1000.0}
    assert {system.upper for system in result.systems} == {None}


def test_a_system_cannot_meet_itself():
    with pytest.raises(DataError, match="row 2, column model_b: a system cannot meet itself"):
        arrays(model_b=np.array([1, 1, 0]))


@pytest.mark.parametrize("outcome", [4, -1])
def test_an_unknown_outcome_code_is_refused(outcome):
    with pytest.raises(DataError, match="row 3, column outcome: is not an outcome"):
        arrays(outcome=np.array([0, 0, outcome]))


def test_a_missing_outcome_is_refused():
    with pytest.raises(DataError, match="column outcome: needs whole-number codes"):
        arrays(outcome=np.array([0.0, np.nan, 1.0]))


def test_an_unknown_system_is_refused():
    with pytest.raises(DataError, match="row 1, column model_a: is not a known system"):
        arrays(model_a=np.array([3, 1, 2]))


@pytest.mark.parametrize(
    ("weight", "text"),
    [
        ([1.0, -1.0, 1.0], "row 2, column weight: the weight is negative"),
        ([1.0, 1.0, np.nan], "row 3, column weight: the weight is not a finite number"),
        ([0.0, 0.0, 0.0], "column weight: every weight is zero"),
    ],
)
def test_unusable_weights_are_refused(weight, text):
    with pytest.raises(DataError, match=text):
        arrays(weight=np.array(weight))


def test_a_covariate_that_is_not_a_number_is_refused():
    with pytest.raises(DataError, match="row 2, column length: the covariate is not a finite"):
        arrays(covariates={"length": np.array([1.0, np.nan, 2.0])})


def test_columns_of_different_length_are_refused():
    with pytest.raises(DataError, match="column rater: has 2 values for 3 votes"):
        arrays(rater=np.array([0, 1]))


def test_repeated_system_names_are_refused():
    with pytest.raises(DataError, match="must be unique"):
        arrays(names=("A", "A", "B"))


def test_an_unknown_label_is_refused_by_row():
    with pytest.raises(DataError, match="row 2, column winner: unknown label 'A'; use one of"):
        Comparisons.from_labels(["A", "A"], ["B", "B"], ["model_a", "A"])


def test_votes_far_apart_in_strength_still_converge():
    result = rate(
        from_totals([(a, b, 10_000, 1, 0) for a, b in zip("ABCDEF", "BCDEFG", strict=True)])
    )
    gaps = -np.diff([system.log_strength for system in result.systems])
    assert gaps == pytest.approx(np.full(6, np.log(10_000)), rel=1e-9)
