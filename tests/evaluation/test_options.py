"""Regularisation, covariates and the bootstrap through `rate`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evaluation.bootstrap import bootstrap_strengths
from evaluation.comparisons import DataError
from evaluation.rating import rate
from tests.evaluation.examples import WIKIPEDIA, baseball, from_totals, simulated
from tests.evaluation.test_covariates import styled


def strengths(result):
    return {system.name: system.log_strength for system in result.systems}


def test_firth_gives_two_systems_the_logit_with_half_a_vote_added():
    result = strengths(rate(from_totals([("A", "B", 9, 0, 0)]), penalty="firth", interval="vote"))
    assert result["A"] - result["B"] == pytest.approx(np.log(9.5 / 0.5), abs=1e-9)


def test_firth_hardly_moves_ratings_that_need_no_help():
    plain, reduced = (strengths(rate(baseball(), penalty=p)) for p in (None, "firth"))
    assert all(abs(reduced[name]) < abs(plain[name]) for name in plain)
    assert all(reduced[name] == pytest.approx(plain[name], abs=0.05) for name in plain)


def test_ridge_is_the_mode_under_a_normal_prior():
    result = strengths(rate(from_totals([("A", "B", 9, 0, 0)]), penalty=0.5, interval="vote"))
    a = result["A"]
    assert 9 / (1 + np.exp(2 * a)) == pytest.approx(0.5 * a, abs=1e-9)


def test_a_vanishing_ridge_is_maximum_likelihood():
    plain, light = (strengths(rate(from_totals(WIKIPEDIA), penalty=p)) for p in (None, 1e-9))
    assert all(light[name] == pytest.approx(plain[name], abs=1e-8) for name in plain)


def test_a_penalty_is_declared_in_the_method():
    votes = from_totals([("A", "B", 9, 0, 0)])
    assert "Firth" in rate(votes, penalty="firth").method
    assert "ridge penalty 0.5" in rate(votes, penalty=0.5).method


def test_a_penalty_does_not_connect_what_no_votes_connect():
    result = rate(from_totals([("A", "B", 9, 0, 0), ("C", "D", 1, 1, 0)]), penalty="firth")
    assert len(result.components) == 2
    assert any("no votes connect them" in text for text in result.warnings)


def test_the_pigeonhole_bootstrap_is_wider_than_the_sandwich_by_at_most_the_root_of_three():
    votes = simulated(30, 40, seed=3)
    analytic, resampled = rate(votes), rate(votes, interval="bootstrap")
    for name in votes.names:
        one, two = (
            next(s.se for s in result.systems if s.name == name) for result in (analytic, resampled)
        )
        assert 0.9 * one < two < 1.1 * np.sqrt(3) * one


@pytest.mark.parametrize("clusters", ["vote", "rater", "case"])
def test_one_way_bootstraps_agree_with_their_sandwiches(clusters):
    votes = simulated(30, 40, seed=3)
    draws = bootstrap_strengths(votes, np.random.default_rng(0), clusters=clusters)
    se = [s.se for s in sorted(rate(votes, interval=clusters).systems, key=lambda s: s.name)]
    assert draws.std(0) * 400 / np.log(10) == pytest.approx(se, rel=0.2)


def test_a_bootstrap_needs_raters_and_cases():
    with pytest.raises(DataError, match="needs a rater column"):
        rate(from_totals(WIKIPEDIA), interval="bootstrap")


def test_a_bootstrap_of_too_few_votes_is_refused():
    votes = from_totals([("A", "B", 1, 1, 0)])
    with pytest.raises(DataError, match="resamples carry a ranking"):
        bootstrap_strengths(votes, np.random.default_rng(0), clusters="vote")


def test_adjusting_for_length_takes_its_effect_out_of_the_rating():
    votes = styled()
    plain, adjusted = strengths(rate(votes)), rate(votes, covariates=["length", "lists"])
    truth = dict(zip(votes.names, [0.5, 0.1, -0.2, -0.4], strict=True))
    error = {name: abs(value - truth[name]) for name, value in strengths(adjusted).items()}
    assert max(error.values()) < 0.08 < max(abs(plain[name] - truth[name]) for name in truth)
    assert adjusted.effects["length"].lower < 0.3 < adjusted.effects["length"].upper
    assert "adjusted for length, lists" in adjusted.method


def test_adjusted_ratings_do_not_depend_on_the_row_order():
    votes = styled(3000)
    shuffled = votes.select(np.random.default_rng(1).permutation(len(votes)))
    results = [rate(v, covariates=["length"], side=True).to_dict() for v in (votes, shuffled)]
    assert results[0] == results[1]
    assert set(results[0]["effects"]) == {"side", "length"}


def test_options_that_do_not_combine_are_refused():
    votes = simulated()
    with pytest.raises(DataError, match="do not combine"):
        rate(votes, ties="davidson", penalty="firth")
    with pytest.raises(DataError, match="unknown penalty 'lasso'"):
        rate(votes, penalty="lasso")
    with pytest.raises(DataError, match="must be positive"):
        rate(votes, penalty=-1.0)
    with pytest.raises(DataError, match="column style: is not a covariate"):
        rate(votes, covariates=["style"])


def test_a_dropped_covariate_is_named():
    votes = styled(2000)
    twice = {**votes.covariates, "twice": 2 * votes.covariates["length"]}
    result = rate(replace(votes, covariates=twice), covariates=["length", "twice"])
    assert any(text.startswith("the effect of twice cannot be told") for text in result.warnings)
