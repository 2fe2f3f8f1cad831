"""What Prometheus may know of voting."""

from collections.abc import Iterator

from django.db.models import Count
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from arena.voting.models import Ballot, Origin, Vote


class VotingCollector(Collector):
    """Counts read from the tables at each scrape, so that every process says the same."""

    def collect(self) -> Iterator[Metric]:
        votes = CounterMetricFamily("consilium_votes", "Votes cast.", labels=["origin"])
        counts = dict(Vote.objects.values_list("ballot__origin").annotate(Count("pk")))
        for origin in Origin.values:
            votes.add_metric([origin], counts.get(origin, 0))
        yield votes
        ballots = GaugeMetricFamily("consilium_ballots", "Ballots drawn.", labels=["status"])
        counts = dict(Ballot.objects.values_list("status").annotate(Count("pk")))
        for status in Ballot.Status.values:
            ballots.add_metric([status], counts.get(status, 0))
        yield ballots

    def describe(self) -> list[Metric]:
        """Nothing: registering must not touch the database."""
        return []
