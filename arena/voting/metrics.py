"""What Prometheus may know of voting."""

from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any

from django.db.models import F, OuterRef, QuerySet
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from arena.core.db import CountOf
from arena.studies.models import Study
from arena.voting.models import QUALIFYING, Ballot, Origin, Retraction

KINDS = [*product([*Origin.values, QUALIFYING], Ballot.Status.values)]
TAKEN_BACK = "taken back"
Counts = Counter[tuple[str, str]]
"""By origin, and by status of ballots or ``TAKEN_BACK`` of votes that no ballot stands for."""


class VotingCollector(Collector):
    """Counts read from the tables at each scrape, so that every process says the same."""

    def collect(self) -> Iterator[Metric]:
        counts = _counts()
        votes = CounterMetricFamily("consilium_votes", "Votes cast.", labels=["origin"])
        for origin in Origin.values:
            cast = counts[origin, Ballot.Status.VOTED] + counts[origin, TAKEN_BACK]
            votes.add_metric([origin], cast)
        yield votes
        ballots = GaugeMetricFamily("consilium_ballots", "Ballots drawn.", labels=["status"])
        for status in Ballot.Status.values:
            ballots.add_metric([status], sum(counts[kind] for kind in KINDS if kind[1] == status))
        yield ballots

    def describe(self) -> list[Metric]:
        """Nothing: registering must not touch the database."""
        return []


def _counts() -> Counts:
    """From one statement: two would not see the same votes, and a counter must never fall.

    An index alone tells how many ballots each study has of a kind.
    """
    drawn = Ballot.objects.filter(study=OuterRef("pk")).order_by().values("status")
    of_study = [CountOf(drawn.filter(origin=origin, status=status)) for origin, status in KINDS]
    gone = [CountOf(_taken_back().filter(vote__ballot__origin=each)) for each in Origin.values]
    counts: Counts = Counter()
    for row in Study.objects.order_by().values_list(*of_study, *gone):
        counts.update(dict(zip(KINDS, row, strict=False)))
        for origin, n in zip(Origin.values, row[len(KINDS) :], strict=True):
            counts[origin, TAKEN_BACK] = n
    return counts


def _taken_back() -> QuerySet[Retraction, Any]:
    """Of votes undone or too late, whose ballots were answered otherwise since, or not at all."""
    attempt = F("vote__ballot__attempt")
    standing = {"vote__ballot__status": Ballot.Status.VOTED, "vote__attempt": attempt}
    return Retraction.objects.exclude(**standing).values("pk")
