"""`rate` against published values, and what it must not depend on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evaluation.comparisons import Comparisons, DataError
from evaluation.inference import braces
from evaluation.rating import rate
from evaluation.results import SCALE
from tests.evaluation.examples import CITATIONS, JOURNALS, WIKIPEDIA, from_totals, simulated


def by_name(result, field):
    return {system.name: getattr(system, field) for system in result.systems}


def test_citations_of_statistics_journals_match_the_published_strengths():
    strength = by_name(rate(from_totals(CITATIONS)), "log_strength")
    differences = [strength[name] - strength["Biometrika"] for name in JOURNALS[1:]]
    assert differences == pytest.approx([-2.9490724968, -0.4795697698, 0.2689540558], abs=1e-9)


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ("fisher", [0.0433304687, 0.0725797436, 0.0416410155, 0.0530469882]),
        ("vote", [0.0428778851, 0.0729473114, 0.0414464939, 0.0538676017]),
    ],
)
def test_citations_match_the_published_standard_errors(interval, expected):
    se = by_name(rate(from_totals(CITATIONS), interval=interval), "se")
    assert [se[name] / SCALE for name in JOURNALS] == pytest.approx(expected, abs=1e-9)


def test_the_worked_example_of_wikipedia_is_reproduced():
    strength = by_name(rate(from_totals(WIKIPEDIA)), "log_strength")
    worths = [np.exp(strength[name]) for name in "ABCD"]
    assert worths == pytest.approx([0.6398348, 1.0433144, 0.6598102, 2.2703766], abs=1e-7)


def test_shares_sum_to_one_and_strengths_to_zero():
    result = rate(simulated())
    assert sum(by_name(result, "share").values()) == pytest.approx(1)
    assert sum(by_name(result, "log_strength").values()) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("interval", ["two-way", "rater", "case", "vote"])
def test_the_order_of_rows_changes_no_digit(interval):
    votes = simulated()
    shuffled = votes.select(np.random.default_rng(1).permutation(len(votes)))
    assert rate(votes, interval=interval) == rate(shuffled, interval=interval)


def test_weights_in_another_order_change_no_digit():
    rng = np.random.default_rng(2)
    votes = simulated()
    votes = replace(votes, weight=rng.random(len(votes)))
    shuffled = votes.select(rng.permutation(len(votes)))
    assert rate(votes).to_dict() == rate(shuffled).to_dict()


def test_renaming_raters_and_cases_changes_no_digit():
    votes = simulated()
    rng = np.random.default_rng(3)
    renamed = replace(votes, rater=rng.permutation(12)[votes.rater] * 7, case=29 - votes.case)
    assert rate(votes).to_dict() == rate(renamed).to_dict()


def test_the_order_of_system_names_changes_no_digit():
    votes = simulated()
    turned = replace(
        votes,
        names=votes.names[::-1],
        model_a=3 - votes.model_a,
        model_b=3 - votes.model_b,
    )
    assert rate(votes).to_dict() == rate(turned).to_dict()


def test_swapping_the_sides_changes_no_digit():
    votes = simulated()
    swapped = replace(
        votes, model_a=votes.model_b, model_b=votes.model_a, outcome=2 - votes.outcome
    )
    assert rate(votes).to_dict() == rate(swapped).to_dict()


def test_both_bad_counts_as_a_tie():
    votes = simulated()
    both_bad = replace(votes, outcome=np.where(votes.outcome == 1, 3, votes.outcome))
    assert rate(votes).to_dict() == rate(both_bad).to_dict()


def test_two_way_intervals_are_wider_than_those_of_independent_votes_when_cases_differ():
    votes = simulated(seed=4)
    two_way, naive = rate(votes), rate(votes, interval="vote")
    assert min(by_name(two_way, "se").values()) > 0.8 * min(by_name(naive, "se").values())
    assert sum(by_name(two_way, "se").values()) > sum(by_name(naive, "se").values())


def test_one_cluster_per_vote_gives_the_sandwich_of_independent_votes():
    votes = simulated()
    n = len(votes)
    alone = replace(votes, rater=np.arange(n), case=np.arange(n))
    factor = np.sqrt(n / (n - 1))
    for interval in ("rater", "two-way"):
        se = by_name(rate(alone, interval=interval), "se")
        vote = by_name(rate(votes, interval="vote"), "se")
        assert all(se[name] == pytest.approx(vote[name] * factor) for name in vote)


def test_fewer_than_five_raters_get_a_warning_in_place_of_intervals_and_ranks():
    result = rate(simulated(n_raters=4))
    assert any("too few raters for inference" in text for text in result.warnings)
    for field in ("se", "lower", "upper", "rank_low", "rank_high"):
        assert set(by_name(result, field).values()) == {None}
    assert None not in by_name(result, "rating").values()


def test_without_rater_and_case_the_result_says_that_votes_were_taken_as_independent():
    result = rate(replace(simulated(), rater=None, case=None))
    assert result.parameters["interval"] == "vote"
    assert any("independent" in text for text in result.warnings)


def test_repeated_votes_of_a_rater_are_reported():
    votes = simulated()
    twice = votes.select(np.concatenate([np.arange(len(votes)), np.arange(5)]))
    assert any("5 votes repeat" in text for text in rate(twice).warnings)


def test_unknown_options_are_refused_by_name():
    votes = from_totals(WIKIPEDIA)
    with pytest.raises(DataError, match="unknown tie model 'thirds'"):
        rate(votes, ties="thirds")
    with pytest.raises(DataError, match="unknown interval 'wide'"):
        rate(votes, interval="wide")
    with pytest.raises(DataError, match="confidence"):
        rate(votes, confidence=95)


def test_an_interval_by_rater_needs_raters():
    with pytest.raises(DataError, match="needs a rater column"):
        rate(from_totals(WIKIPEDIA), interval="rater")


def test_ranks_cover_the_true_order_of_well_separated_systems():
    result = rate(simulated(30, 60, (1.5, 0.0, -1.5)))
    assert by_name(result, "rank_low") == by_name(result, "rank_high")
    assert by_name(result, "rank_low") == {"system 0": 1, "system 1": 2, "system 2": 3}


def test_the_result_is_the_json_of_the_contract():
    result = rate(simulated()).to_dict()
    assert {
        *("method", "n_votes", "n_raters", "n_cases", "components", "warnings", "systems"),
    } <= set(result)
    assert set(result["systems"][0]) == {
        *("name", "votes", "log_strength", "share", "rating", "se"),
        *("lower", "upper", "rank_low", "rank_high"),
    }
    assert (result["n_votes"], result["n_raters"], result["n_cases"]) == (360, 12, 30)
    assert sum(system["votes"] for system in result["systems"]) == 720


def test_a_win_and_a_loss_each_are_equal_strengths():
    result = rate(Comparisons.from_labels(["A", "B"], ["B", "A"], ["model_a", "model_a"]))
    assert by_name(result, "rating") == {"A": 1000.0, "B": 1000.0}


def test_a_warning_about_fifty_systems_does_not_list_fifty_names():
    assert braces(("A", "B")) == "{A, B}"
    many = tuple(f"S{n}" for n in range(50))
    assert braces(many) == "{S0, S1, S2, S3, S4, S5, S6, … 50 in all}"
