"""Side effects and other covariates of a vote."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evaluation.covariates import fit_covariates
from evaluation.position import position_effect
from tests.evaluation.examples import TEAMS, baseball, simulated


def test_baseball_with_home_advantage_matches_the_published_fit():
    games = baseball()
    fit = fit_covariates(games, [], interval="fisher", side=True)
    teams = ("Boston", "Cleveland", "Detroit", "Milwaukee", "New York", "Toronto")
    base = games.names.index("Baltimore")
    at = [games.names.index(team) for team in teams]
    assert fit.theta[at] - fit.theta[base] == pytest.approx(
        [1.1438027, 0.7046945, 1.4753572, 1.6195550, 1.2813404, 1.3271104], abs=5e-8
    )
    assert fit.effects["side"] == pytest.approx(0.3022607, abs=5e-8)
    contrasts = np.zeros((7, 8))
    contrasts[range(6), at] = 1
    contrasts[:6, base] = -1
    contrasts[6, 7] = 1
    published = [0.3378425, 0.3350017, 0.3445522, 0.3473657, 0.3404037, 0.3403226, 0.1309437]
    assert np.sqrt(fit.covariance.variance(contrasts)) == pytest.approx(published, abs=5e-7)


def test_baseball_without_covariates_is_plain_bradley_terry():
    games = baseball()
    fit = fit_covariates(games, [], interval="fisher")
    at = [games.names.index(team) for team in sorted(TEAMS)]
    published = [0, 1.1076977, 0.6838528, 1.4364084, 1.5813559, 1.2476178, 1.2944851]
    assert fit.theta[at] - fit.theta[at[0]] == pytest.approx(published, abs=5e-8)


def styled(n=20_000, seed=0):
    """Votes confounded by length: the stronger systems also write more."""
    rng = np.random.default_rng(seed)
    theta, verbosity = np.array([0.5, 0.1, -0.2, -0.4]), np.array([0.8, 0.2, -0.4, -0.6])
    a = rng.integers(0, 4, n)
    b = (a + rng.integers(1, 4, n)) % 4
    length = verbosity[a] - verbosity[b] + rng.normal(0, 1, n)
    lists = rng.normal(0, 3, n)
    p = 1 / (1 + np.exp(-(theta[a] - theta[b] + 0.3 * length + 0.05 * lists)))
    votes = simulated(theta=(0.0,) * 4, n_raters=1, n_cases=1)
    return replace(
        votes,
        model_a=a,
        model_b=b,
        outcome=np.where(rng.random(n) < p, 0, 2),
        rater=rng.integers(0, 40, n),
        case=rng.integers(0, 200, n),
        covariates={"length": length, "lists": lists},
    )


def test_effects_of_style_are_recovered_without_shrinking():
    fit = fit_covariates(styled(), ["length", "lists"], interval="two-way")
    se = np.sqrt(np.diag(fit.covariance.matrix))
    assert abs(fit.effects["length"] - 0.3) < 4 * se[4]
    assert abs(fit.effects["lists"] - 0.05) < 4 * se[5]
    assert np.all(np.abs(fit.theta - [0.5, 0.1, -0.2, -0.4]) < 4 * se[:4])
    assert se[4] < 0.03


def test_a_collinear_covariate_is_dropped_by_name():
    votes = styled(2000)
    doubled = {**votes.covariates, "twice": 2 * votes.covariates["length"]}
    identity = np.array([1.0, 0.0, 0.0, 0.0])
    doubled["is_first"] = identity[votes.model_a] - identity[votes.model_b]
    votes = replace(votes, covariates=doubled)
    fit = fit_covariates(votes, ["length", "twice", "is_first", "lists"], interval="vote")
    assert fit.dropped == ("twice", "is_first")
    assert set(fit.effects) == {"length", "lists"}


def test_a_covariate_that_decides_every_vote_does_not_converge():
    votes = styled(500)
    decides = np.where(votes.outcome == 0, 1.0, -1.0)
    fit = fit_covariates(replace(votes, covariates={"x": decides}), ["x"], interval="vote")
    assert not fit.converged


def test_a_left_preference_is_found_with_its_interval():
    rng = np.random.default_rng(1)
    votes = simulated(40, 50, seed=2)
    left = np.where(rng.random(len(votes)) < 0.3, 0, votes.outcome)
    effect = position_effect(replace(votes, outcome=left))
    assert effect.left_share.lower > 0.5
    assert effect.log_odds.lower > 0


def test_without_a_left_preference_the_interval_holds_the_null():
    effect = position_effect(simulated(40, 50, seed=3))
    assert effect.left_share.lower < 0.5 < effect.left_share.upper
    assert effect.log_odds.lower < 0 < effect.log_odds.upper


def test_too_few_raters_withhold_the_interval_of_the_side():
    effect = position_effect(simulated(3, 50))
    assert effect.left_share.lower is None
    assert effect.log_odds.lower is None
    assert any("too few raters" in text for text in effect.warnings)


def test_systems_without_a_common_scale_leave_the_share_alone():
    votes = simulated(10, 10)
    one_sided = replace(votes, outcome=np.where(votes.model_a < votes.model_b, 0, 2))
    effect = position_effect(one_sided)
    assert effect.log_odds is None
    assert effect.left_share.value == pytest.approx(np.mean(one_sided.outcome == 0))
