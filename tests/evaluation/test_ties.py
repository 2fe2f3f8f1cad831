"""Models with ties against published values, and their limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evaluation.comparisons import Comparisons, DataError
from evaluation.families import DAVIDSON, FIVE_STEPS, FIVE_STEPS_ADJACENT, RAO_KUPPER
from evaluation.rating import rate
from evaluation.results import SCALE
from tests.evaluation.examples import PUDDING, baseball, from_totals, simulated

PUBLISHED = {
    "half": (
        [-0.1285092391, 0.0317995804, -0.0171658134, -0.0010289018, -0.0310788557, 0.1459832297],
        None,
        None,
    ),
    "davidson": (
        [-0.1765607727, 0.0436811275, -0.0235830679, -0.0014158642, -0.0426955458, 0.2005741231],
        0.7468229877,
        -809.7095100903,
    ),
    "rao-kupper": (
        [-0.1394374, 0.0342807, -0.0193882, 0.0004413, -0.0344683, 0.1585719],
        1.7484573,
        -809.6971335,
    ),
}


@pytest.mark.parametrize("ties", PUBLISHED)
def test_chocolate_pudding_matches_the_published_fit(ties):
    theta, parameter, log_likelihood = PUBLISHED[ties]
    result = rate(from_totals(PUDDING), ties=ties).to_dict()
    strength = {system["name"]: system["log_strength"] for system in result["systems"]}
    digits = 5e-11 if ties != "rao-kupper" else 5e-8
    assert [strength[name] for name in sorted(strength)] == pytest.approx(theta, abs=2 * digits)
    if parameter is not None:
        assert result["tie_parameter"] == pytest.approx(parameter, abs=2 * digits)
        fitted = result["convergence"][0]["log_likelihood"]
        assert fitted == pytest.approx(log_likelihood, abs=1e-7)


def test_worths_under_davidson_match_the_published_ones():
    result = rate(from_totals(PUDDING), ties="davidson")
    share = {system.name: system.share for system in result.systems}
    assert [share[name] for name in sorted(share)] == pytest.approx(
        [0.1388033752, 0.1730015000, 0.1617474340, 0.1653729578, 0.1586853946, 0.2023893385],
        abs=1e-10,
    )


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (
            "vote",
            [0.0886282293, 0.0915204703, 0.0924290875, 0.0883532987, 0.0892678955, 0.0923418038],
        ),
        (
            "fisher",
            [0.1039614685, 0.1039287529, 0.1082045625, 0.1040920503, 0.1083973955, 0.1079013584],
        ),
    ],
)
def test_half_win_standard_errors_match_the_published_ones(interval, expected):
    result = rate(from_totals(PUDDING), interval=interval)
    se = {system.name: system.se / SCALE for system in result.systems}
    assert [se[name] for name in sorted(se)] == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(("ties", "parameter"), [("davidson", 0.0), ("rao-kupper", 1.0)])
def test_without_ties_the_model_is_bradley_terry(ties, parameter):
    plain, tied = rate(baseball()).to_dict(), rate(baseball(), ties=ties).to_dict()
    assert tied["systems"] == plain["systems"]
    assert tied["tie_parameter"] == parameter


@pytest.mark.parametrize("ties", ["half", "davidson", "rao-kupper"])
def test_only_ties_are_equal_strengths_without_an_interval(ties):
    result = rate(from_totals([("A", "B", 0, 0, 9), ("B", "C", 0, 0, 9)]), ties=ties)
    assert {system.rating for system in result.systems} == {1000.0}
    assert {system.lower for system in result.systems} == {None}
    assert any("no variation" in text for text in result.warnings)


@pytest.mark.parametrize("ties", ["davidson", "rao-kupper"])
def test_a_system_that_wins_or_ties_but_never_loses_gets_no_number(ties):
    result = rate(from_totals([("A", "B", 5, 0, 5)]), ties=ties)
    assert {system.rating for system in result.systems} == {None}
    assert any("no finite ratings" in text for text in result.warnings)


@pytest.mark.parametrize("ties", ["davidson", "rao-kupper"])
def test_other_pairs_that_fix_the_share_of_ties_make_its_rating_finite(ties):
    result = rate(from_totals([("A", "B", 5, 0, 5), ("B", "C", 6, 4, 3)]), ties=ties)
    assert result.systems[0].name == "A"
    assert np.isfinite(result.systems[0].rating)


@pytest.mark.parametrize("ties", ["davidson", "rao-kupper"])
def test_models_with_ties_have_clustered_intervals_that_ignore_the_row_order(ties):
    votes = simulated()
    shuffled = votes.select(np.random.default_rng(1).permutation(len(votes)))
    result = rate(votes, ties=ties).to_dict()
    assert result == rate(shuffled, ties=ties).to_dict()
    assert all(system["lower"] < system["rating"] < system["upper"] for system in result["systems"])


@pytest.mark.parametrize("family", [DAVIDSON, RAO_KUPPER, FIVE_STEPS, FIVE_STEPS_ADJACENT])
def test_derivatives_agree_with_differences(family):
    d, extra, h = np.array([-1.3, 0.0, 0.7]), family.start + 0.1, 1e-6
    log_p = family.log_p(d, extra)
    counts = np.arange(1.0, 1 + log_p.size).reshape(log_p.shape)
    assert np.exp(log_p).sum(0) == pytest.approx(np.ones(3))
    slope, above = family.slopes(d, extra)
    there = family.expand(d, extra, counts)

    def change(function, i=None):
        step = np.zeros_like(extra) if i is None else h * np.eye(len(extra))[i]
        move = h if i is None else 0.0
        return (function(d + move, extra + step) - function(d - move, extra - step)) / (2 * h)

    def by_d(*at):
        return family.expand(*at, counts).by_d

    assert there.value == pytest.approx((counts * log_p).sum())
    assert slope == pytest.approx(change(family.log_p), abs=1e-8)
    assert there.by_d == pytest.approx((counts * slope).sum(0))
    assert there.twice == pytest.approx(change(by_d), abs=1e-6)
    for i in range(len(extra)):
        assert above[i] == pytest.approx(change(family.log_p, i), abs=1e-8)
        assert there.by_extra[i] == pytest.approx((counts * above[i]).sum())
        assert there.both[i] == pytest.approx(change(by_d, i), abs=1e-6)
        gradient = change(lambda *at: family.expand(*at, counts).by_extra, i)
        assert there.square[:, i] == pytest.approx(gradient, abs=1e-5)


def five_step_votes(n=4000, seed=5):
    rng = np.random.default_rng(seed)
    theta = np.array([0.8, 0.1, -0.9])
    a = rng.integers(0, 3, n)
    b = (a + rng.integers(1, 3, n)) % 3
    chance = np.exp(FIVE_STEPS.log_p(theta[a] - theta[b], np.array([0.5, 1.6])))
    step = (rng.random(n) > chance.cumsum(0)[:4]).sum(0)
    return Comparisons(
        ("x", "y", "z"),
        a,
        b,
        np.array([0, 0, 1, 2, 2])[step],
        strength=np.array([2, 1, 0, 1, 2])[step],
        rater=np.arange(n) % 40,
        case=np.arange(n) % 97,
    )


def test_the_ordinal_model_recovers_the_truth_it_was_simulated_from():
    result = rate(five_step_votes(), ties="ordinal")
    strength = {system.name: system.log_strength for system in result.systems}
    assert [strength[name] for name in "xyz"] == pytest.approx([0.8, 0.1, -0.9], abs=0.1)
    extra = result.to_dict()
    assert extra["threshold_slightly"] == pytest.approx(0.5, abs=0.06)
    assert extra["threshold_strongly"] == pytest.approx(1.6, abs=0.1)


def test_five_steps_are_sharper_than_three():
    votes = five_step_votes()
    five, three = rate(votes, ties="ordinal"), rate(votes, ties="rao-kupper")
    z = [abs(r.systems[0].log_strength) / r.systems[0].se for r in (five, three)]
    assert z[0] > z[1]


def test_the_adjacent_category_model_gives_the_same_order():
    order = [
        [system.name for system in rate(five_step_votes(), ties=ties).systems]
        for ties in ("ordinal", "ordinal-adjacent")
    ]
    assert order[0] == order[1] == ["x", "y", "z"]


def test_the_ordinal_model_refuses_a_decided_vote_without_a_strength():
    votes = replace(five_step_votes(), strength=None)
    with pytest.raises(DataError, match=r"row \d+, column strength: has no strength"):
        rate(votes, ties="ordinal")
