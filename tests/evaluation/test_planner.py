"""The planner against its published table, a simulation, and its users."""

import json
from itertools import combinations

import numpy as np
import pytest

from evaluation.cli import main
from evaluation.comparisons import Comparisons, DataError
from evaluation.planner import plan_study
from evaluation.rating import rate

TABLE = {
    0.52: (14, 4_900, 19_601, 44_103, 93_106),
    0.55: (35, 780, 3_119, 7_017, 14_813),
    0.60: (70, 191, 764, 1_719, 3_628),
    0.65: (108, 82, 328, 737, 1_557),
    0.70: (147, 44, 175, 394, 831),
}


@pytest.mark.parametrize(("share", "row"), TABLE.items())
def test_votes_and_rating_gaps_are_those_of_the_published_table(share, row):
    plans = [plan_study(k, share) for k in (2, 5, 10, 20)]
    assert round(plans[0].elo_gap) == row[0]
    assert [plan.votes for plan in plans] == list(row[1:])


def test_a_planned_study_finds_the_difference_as_often_as_promised():
    planned = plan_study(3, 0.65, power=0.8)
    log_odds = np.log(0.65 / 0.35)
    theta = np.array([log_odds / 2, -log_odds / 2, 0.0])
    rng = np.random.default_rng(7)
    pairs = np.array(list(combinations(range(3), 2)))
    found = 0
    for _ in range(300):
        a, b = pairs[rng.integers(0, 3, planned.votes)].T
        wins = rng.random(a.size) < 1 / (1 + np.exp(theta[b] - theta[a]))
        labels = np.where(wins, "model_a", "model_b")
        votes = Comparisons.from_labels(np.array(list("ABC"))[a], np.array(list("ABC"))[b], labels)
        systems = {s["name"]: s for s in rate(votes, interval="vote").to_dict()["systems"]}
        gap = systems["A"]["log_strength"] - systems["B"]["log_strength"]
        found += gap / (2 * np.sqrt(2 / planned.votes)) > 1.96
    assert 0.72 <= found / 300 <= 0.87


def test_ties_and_the_design_effect_multiply_the_votes():
    plain = plan_study(5, 0.6).votes
    assert plan_study(5, 0.6, tie_share=0.2, deff=2.3).votes == pytest.approx(
        plain / 0.8 * 2.3, abs=2
    )


def test_many_comparisons_that_share_alpha_need_more_votes():
    assert plan_study(5, 0.6, pairs=10).votes > 1.5 * plan_study(5, 0.6).votes


def test_too_few_readers_are_named_as_the_limit_however_many_votes():
    few = plan_study(2, 0.55, raters=6)
    assert few.raters_minimum == 32  # (2.8016 · 0.4 / 0.20067)² = 31.2
    assert any("readers, not votes, are the limit" in warning for warning in few.warnings)
    enough = plan_study(2, 0.55, raters=40, deff=2.3)
    assert enough.warnings == ()


def test_work_is_shared_among_the_raters():
    plan = plan_study(2, 0.6, raters=10, seconds_per_vote=90)
    assert plan.hours == pytest.approx(191 * 90 / 3600)
    assert (plan.votes_per_rater, plan.hours_per_rater) == (20, pytest.approx(plan.hours / 10))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"systems": 1, "win_share": 0.6}, "2 systems or more"),
        ({"systems": 2, "win_share": 0.5}, "between 0.5 and 1"),
        ({"systems": 2, "win_share": 60}, "between 0.5 and 1"),
        ({"systems": 2, "win_share": 0.6, "tie_share": 1}, "tie share"),
        ({"systems": 2, "win_share": 0.6, "deff": 0.5}, "design effect"),
        ({"systems": 2, "win_share": 0.6, "raters": 0}, "raters must be 1 or more"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(settings, message):
    with pytest.raises(DataError, match=message):
        plan_study(**settings)


def test_the_command_prints_votes_hours_and_the_readers_it_needs(capsys):
    command = ["plan", "--systems=5", "--win-share=0.6", "--raters=4"]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "764 over 5 systems" in text
    assert "note: too few readers" in text
    assert main([*command, "--format=json"]) == 0
    assert json.loads(capsys.readouterr().out)["votes"] == 764


def test_the_command_refuses_a_share_in_percent(capsys):
    assert main(["plan", "--systems=5", "--win-share=60"]) == 1
    assert "win share must lie between 0.5 and 1" in capsys.readouterr().err
