"""Counts that grow vote by vote, and counts of several sites put together."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from evaluation.bradley_terry import bradley_terry
from evaluation.comparisons import Comparisons, DataError
from evaluation.incremental import VoteCounts
from evaluation.rating import rate
from evaluation.winrate import win_rate_report
from tests.evaluation.examples import CITATIONS, from_totals, simulated
from tests.evaluation.test_clustering import crowded

LABEL = ("model_a", "tie", "model_b", "both_bad")


def test_counts_grown_vote_by_vote_equal_those_of_all_votes():
    votes = simulated()
    counts = VoteCounts(votes.names)
    label = ("model_a", "tie", "model_b")
    for a, b, outcome in zip(votes.model_a, votes.model_b, votes.outcome, strict=True):
        counts.add(votes.names[a], votes.names[b], label[outcome])
    assert np.array_equal(counts.table, votes.table)
    assert counts.fit().theta == pytest.approx(bradley_terry(votes.table).theta, abs=1e-12)


def test_a_refit_starts_from_the_last_fit():
    votes = simulated()
    counts = VoteCounts.of(votes)
    first = counts.fit()
    counts.add(votes.names[0], votes.names[1], "model_a", rater=0, case=0)
    assert counts.fit().iterations < first.iterations
    assert counts.fit().theta == pytest.approx(bradley_terry(counts.table).theta, abs=1e-10)


def test_sites_with_different_systems_merge_by_name():
    one = VoteCounts.of(from_totals([("B", "C", 3, 2, 0)]))
    two = VoteCounts.of(from_totals([("A", "B", 1, 4, 1)]))
    merged = one.merge(two)
    assert merged.names == ("A", "B", "C")
    assert merged.comparisons().table[1, 2].tolist() == [3, 0, 2, 0]


def test_unusable_counts_are_refused():
    counts = VoteCounts(("A", "B"))
    with pytest.raises(ValueError, match="A cannot meet itself"):
        counts.add("A", "A", "tie")
    with pytest.raises(ValueError, match="'C' is not a known system"):
        counts.add("A", "C", "tie")
    with pytest.raises(ValueError, match="unknown label 'draw'"):
        counts.add("A", "B", "draw")
    with pytest.raises(ValueError, match="none negative"):
        VoteCounts(("A", "B"), -np.ones((2, 2, 4)))


def test_the_citations_survive_a_journey_through_counts():
    votes = from_totals(CITATIONS)
    assert isinstance(VoteCounts.of(votes).comparisons(), Comparisons)
    assert np.array_equal(VoteCounts.of(votes).comparisons().table, votes.table)


def sent(site: VoteCounts) -> VoteCounts:
    """What arrives of a site's counts."""
    return VoteCounts.from_dict(json.loads(json.dumps(site.to_dict())))


def two_sites(votes: Comparisons) -> tuple[Comparisons, list[Comparisons]]:
    """Two hospitals with raters and cases of their own, which go by the same names, pooled and
    apart."""
    there = votes.select(np.arange(len(votes)) % 3 > 0)
    here = votes.select(np.arange(len(votes)) % 3 == 0)
    first = [len(np.unique(codes)) for codes in (here.rater, here.case)]
    pooled = replace(
        votes,
        model_a=np.concatenate([here.model_a, there.model_a]),
        model_b=np.concatenate([here.model_b, there.model_b]),
        outcome=np.concatenate([here.outcome, there.outcome]),
        rater=np.concatenate([here.rater, there.rater + 1000 + first[0]]),
        case=np.concatenate([here.case, there.case + 1000 + first[1]]),
    )
    return pooled, [here, there]


@pytest.mark.parametrize("votes", [simulated(), crowded()], ids=["spread", "crowded"])
@pytest.mark.parametrize("ties", ["half", "davidson"])
@pytest.mark.parametrize("interval", ["two-way", "rater", "case", "vote", "fisher"])
def test_merged_sites_give_exactly_the_pooled_result(votes, ties, interval):
    pooled, sites = two_sites(votes)
    merged = sent(VoteCounts.of(sites[0])).merge(sent(VoteCounts.of(sites[1])))
    asked = {"ties": ties, "interval": interval}
    assert rate(merged.comparisons(), **asked).to_dict() == rate(pooled, **asked).to_dict()


def test_merged_sites_give_the_pooled_win_rates():
    pooled, sites = two_sites(crowded())
    merged = VoteCounts.of(sites[0]).merge(VoteCounts.of(sites[1]))
    assert win_rate_report(merged.comparisons()) == win_rate_report(pooled)


def test_three_sites_merge_in_any_order():
    votes = simulated()
    sites = [sent(VoteCounts.of(votes.select(votes.rater % 3 == i))) for i in range(3)]
    one = sites[0].merge(sites[1]).merge(sites[2])
    other = sites[2].merge(sites[0].merge(sites[1]))
    assert rate(one.comparisons()).to_dict() == rate(other.comparisons()).to_dict()


def test_clusters_grown_vote_by_vote_equal_those_of_all_votes():
    votes = crowded()
    counts = VoteCounts(votes.names)
    for a, b, outcome, rater, case in zip(
        votes.model_a, votes.model_b, votes.outcome, votes.rater, votes.case, strict=True
    ):
        counts.add(votes.names[a], votes.names[b], LABEL[outcome], rater=int(rater), case=int(case))
    assert counts.to_dict() == VoteCounts.of(votes).to_dict()
    assert rate(counts.comparisons()).to_dict() == rate(votes).to_dict()


def test_what_is_sent_names_no_rater_and_no_case_and_tells_no_vote_by_itself():
    votes = simulated()
    named = replace(
        votes,
        rater_names=tuple(f"Dr Who {i}" for i in range(12)),
        case_names=tuple(f"patient {i}" for i in range(30)),
    )
    text = json.dumps(VoteCounts.of(named).to_dict())
    assert "Dr" not in text and "patient" not in text
    renamed = replace(named, rater=11 - named.rater, case=29 - named.case)
    assert json.dumps(VoteCounts.of(renamed).to_dict()) == text
    cells = json.loads(text)["cells"]
    assert all(sum(row[-1] for row in rows) > 1 for rows in cells)


def test_a_site_without_raters_leaves_no_clusters_to_the_pool():
    votes = simulated()
    bare = VoteCounts.of(replace(votes, rater=None))
    merged = VoteCounts.of(votes).merge(bare).comparisons()
    assert merged.rater is None and merged.cell is None
    assert len(np.unique(merged.case)) == 60


def test_counts_cannot_be_resampled():
    with pytest.raises(DataError, match="nothing to resample"):
        rate(VoteCounts.of(simulated()).comparisons(), interval="bootstrap")


def test_every_vote_names_its_rater_or_none_does():
    counts = VoteCounts(("A", "B"))
    counts.add("A", "B", "tie", rater="r1")
    with pytest.raises(DataError, match="name the rater of every vote or of none"):
        counts.add("A", "B", "tie")
    with pytest.raises(DataError, match="name the case of every vote or of none"):
        counts.add("A", "B", "tie", rater="r1", case="c1")
    assert counts.n_votes == 1


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"counts": [[0, 0, 0, 3]]}, "not a pair"),
        ({"counts": [[0, 1, 7, 3]]}, "not a pair"),
        ({"counts": [[0, 1, 0, 1.5]]}, "whole numbers"),
        ({"counts": [[0, 1, 0]]}, "not counts of votes"),
        ({"raters": [[[0, 1, 0, 1]]]}, "single raters do not add up"),
        ({"names": ["A", "A"]}, "unique"),
    ],
)
def test_counts_that_do_not_fit_together_are_refused(change, text):
    good = VoteCounts.of(from_totals([("A", "B", 3, 2, 0)])).to_dict()
    with pytest.raises(DataError, match=text):
        VoteCounts.from_dict(good | change)


def test_weighted_votes_are_not_counts():
    votes = simulated()
    with pytest.raises(DataError, match="carry weights"):
        VoteCounts.of(replace(votes, weight=np.ones(len(votes))))
