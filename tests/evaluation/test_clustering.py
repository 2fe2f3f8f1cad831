"""Clustered covariances against the same sums written out vote by vote."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evaluation.clustering import clustered_covariance
from evaluation.comparisons import Comparisons
from evaluation.intervals import covariance, vote_scores
from evaluation.newton import inverse_information
from evaluation.ties import TIES
from tests.evaluation.examples import simulated


def crowded(seed: int = 0, n: int = 900) -> Comparisons:
    """Few raters and cases, so that many votes share a cell, one of them more than fifty."""
    votes = simulated(9, n // 9, seed=seed)
    rng = np.random.default_rng(seed)
    rater, case = rng.integers(0, 9, n), rng.integers(0, 40, n)
    case[(rater == 0) & (case < 20)] = 0
    return replace(votes.select(np.arange(n)), rater=rater, case=case)


def written_out(votes: Comparisons, interval: str, ties: str) -> np.ndarray:
    """Σ over raters + Σ over cases − Σ over cells of S·Sᵀ, each with its factor G/(G − 1)."""
    model = TIES[ties]
    fit, category = model.fit(model.table(votes)), model.category(votes)
    score = np.zeros((len(votes), len(fit.theta) + len(fit.extra)))
    rows = np.arange(len(votes))
    weight = np.ones(len(votes)) if votes.weight is None else votes.weight
    cell = (votes.model_a, votes.model_b, category)
    score[rows, votes.model_a] += weight * fit.slope[cell]
    score[rows, votes.model_b] -= weight * fit.slope[cell]
    score[:, len(fit.theta) :] = weight[:, None] * fit.extra_slope[cell]

    def meat(codes: np.ndarray) -> np.ndarray:
        sums = np.array([score[codes == code].sum(0) for code in np.unique(codes)])
        return sums.T @ sums * len(sums) / (len(sums) - 1)

    parts = {"rater": [votes.rater], "case": [votes.case]}.get(interval)
    total = sum(map(meat, parts or [votes.rater, votes.case]))
    if interval == "two-way":
        total = total - meat(votes.rater * 1000 + votes.case)
    bread = inverse_information(fit.information, len(fit.theta))
    return bread @ total @ bread


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ties", ["half", "davidson"])
@pytest.mark.parametrize("interval", ["rater", "case", "two-way"])
def test_clustered_covariances_are_the_sums_they_stand_for(interval, ties, weighted):
    votes = crowded()
    if weighted:
        votes = replace(votes, weight=np.random.default_rng(1).random(len(votes)))
    model = TIES[ties]
    fit = model.fit(table := model.table(votes))
    found = covariance(votes, fit, interval, table=table, category=model.category).matrix
    expected = written_out(votes, interval, ties)
    eigenvalues, vectors = np.linalg.eigh((expected + expected.T) / 2)
    expected = (vectors * np.maximum(eigenvalues, 0)) @ vectors.T
    assert found == pytest.approx(expected, abs=1e-12)


def test_scores_from_tables_and_from_votes_give_the_same_digits():
    votes = crowded(2)
    fit = TIES["half"].fit(votes.table)
    bread = inverse_information(fit.information, len(fit.theta))
    by_table = vote_scores(votes, fit, votes.outcome)
    by_vote = vote_scores(replace(votes, weight=np.ones(len(votes))), fit, votes.outcome)
    assert type(by_table) is not type(by_vote)
    for interval in ("rater", "case", "two-way"):
        pair = [clustered_covariance(bread, s, interval, votes) for s in (by_table, by_vote)]
        assert pair[0].matrix == pytest.approx(pair[1].matrix, abs=1e-15)
