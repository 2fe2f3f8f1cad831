"""Published figures, in the tests or in data kept beside the project, to their last digit.

Of evalica's seven scores, five are ours too; `eigen` and `pagerank` are not offered, because they
have no likelihood and so no interval that could be published.
"""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from evaluation.agreement import agree
from evaluation.bradley_terry import bradley_terry, half_wins
from evaluation.comparisons import Comparisons
from evaluation.elo import elo
from evaluation.intervals import covariance
from evaluation.rating import rate
from evaluation.reading import read_votes
from evaluation.winrate import win_rates
from tests.evaluation.examples import CITATIONS, TEAMS, baseball, from_totals

NOT_OFFERED = {"eigen", "pagerank"}


def against(votes, base):
    """(strengths, Fisher standard errors) of all systems against one, in order of name."""
    fit = bradley_terry(votes.table)
    cov = covariance(votes, fit, "fisher")
    at = votes.names.index(base)
    contrasts = np.eye(len(votes.names))
    contrasts[:, at] -= 1
    others = [i for i in np.argsort(votes.names) if i != at]
    return (fit.theta - fit.theta[at])[others], np.sqrt(cov.variance(contrasts))[others]


def test_citations_against_biometrika_have_the_published_standard_errors():
    theta, se = against(from_totals(CITATIONS), "Biometrika")
    assert theta == pytest.approx([-2.9490724968, -0.4795697698, 0.2689540558], abs=1e-9)
    assert se == pytest.approx([0.1025453355, 0.0605887292, 0.0708299651], abs=1e-9)


def test_baseball_against_baltimore_is_as_published():
    theta, se = against(baseball(), "Baltimore")
    assert sorted(TEAMS)[1:] == [*sorted(set(TEAMS) - {"Baltimore"})]
    assert theta == pytest.approx(
        [1.1076977, 0.6838528, 1.4364084, 1.5813559, 1.2476178, 1.2944851], abs=5e-8
    )
    assert se == pytest.approx(
        [0.3338782, 0.3318767, 0.3395685, 0.3432560, 0.3358609, 0.3366694], abs=5e-8
    )


def by_name(result, field):
    return [getattr(s, field) for s in sorted(result.systems, key=lambda s: s.name)]


def read(folder, name):
    columns = {"model_a": "left", "model_b": "right"}
    return read_votes(folder / f"{name}.csv", columns=columns)


def golden(folder, name):
    with (folder / f"{name}-golden.csv").open(newline="") as file:
        rows = [*csv.DictReader(file)]
    found = {}
    for row in rows:
        found.setdefault(row["algorithm"], {})[row["item"]] = float(row["score"])
    return found


@pytest.mark.parametrize("name", ["food", "simple"])
def test_the_golden_scores_of_evalica_are_reproduced(shared_data, name):
    folder = shared_data / "votes_evalica_small"
    votes, expected = read(folder, name), golden(folder, name)
    worth = np.exp(by_name(rate(votes, ties="davidson"), "log_strength"))
    newman = np.array([expected["newman"][name] for name in votes.names])
    worth *= np.exp(np.log(newman).mean())  # any scale fits; theirs is not of mean 1
    scores = {
        "bradley_terry": (by_name(rate(votes), "share"), 1e-9),
        "newman": (worth, 1e-5),  # theirs stops at a tolerance of 1e-6
        "elo": (elo(votes, k=4), 1e-9),
        "average_win_rate": (win_rates(votes, "vote").mean, 1e-9),
        "counting": (half_wins(votes.table).sum(1), 1e-9),
    }
    assert set(expected) == set(scores) | NOT_OFFERED
    for algorithm, (values, digits) in scores.items():
        theirs = [expected[algorithm][item] for item in votes.names]
        assert values == pytest.approx(theirs, abs=digits), algorithm


def test_the_strengths_in_evalicas_readme_are_reproduced(shared_data):
    folder = shared_data / "votes_evalica_small"
    said = json.loads((folder / "expected.json").read_text())["bradley_terry"]
    votes = read(folder, "food")
    worth = np.exp(by_name(rate(votes), "log_strength"))
    for name, value in zip(votes.names, worth, strict=True):
        printed = float(said.split(f"{name} ")[1].split(",")[0].split()[0])
        assert value == pytest.approx(printed, abs=2e-6), name


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_krippendorffs_codings_have_the_expected_alpha(shared_data, level):
    folder = shared_data / "votes_evalica_small"
    expected = json.loads((folder / "expected.json").read_text())["codings_krippendorff_alpha"]
    with (folder / "codings.csv").open(newline="") as file:
        rows = [
            (unit, rater, value)
            for rater, row in enumerate(csv.reader(file))
            for unit, value in enumerate(row)
            if value
        ]
    alpha = agree(*zip(*rows, strict=True), level=level)["krippendorff_alpha"].value
    assert alpha == pytest.approx(expected[level], abs=1e-12)


@pytest.mark.parametrize("case", ["1", "2"])
def test_the_worked_cases_of_choix_are_reproduced(shared_data, case):
    path = shared_data / "votes_choix_small" / f"testcase-pairwise-{case}.json"
    data = json.loads(path.read_text())
    winner, loser = np.array(data["data"]).T
    names = tuple(map(str, range(data["num_items"])))
    votes = Comparisons(names, winner, loser, np.zeros(len(winner), int))
    share = np.array(by_name(rate(votes), "share"))
    expected = np.array(data["ml_est"])
    assert share / share.sum() == pytest.approx(expected / expected.sum(), abs=1e-7)
