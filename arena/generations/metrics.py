"""What Prometheus may know of generation."""

from collections.abc import Iterator

from django.db.models import Min
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from arena.generations.models import Generation, StudySystem
from arena.generations.selectors import generations_by_status


class GenerationCollector(Collector):
    """Counts read from the table at each scrape; the table is the queue of record."""

    def collect(self) -> Iterator[Metric]:
        total = GaugeMetricFamily("consilium_generations", "Generations.", labels=["status"])
        counts = generations_by_status(systems=StudySystem.objects.all()).values()
        for status in Generation.Status.values:
            total.add_metric([status], sum(each[status] for each in counts))
        yield total
        age = GaugeMetricFamily(
            "consilium_queue_age_seconds", "Age of the oldest waiting generation; 0: none waits."
        )
        age.add_metric([], _queue_age())
        yield age

    def describe(self) -> list[Metric]:
        """Nothing: registering must not touch the database."""
        return []


def _queue_age() -> float:
    """Seconds that the longest-waiting queued generation could already have been started."""
    now = timezone.now()
    due = Generation.objects.filter(status=Generation.Status.QUEUED, not_before__lte=now)
    oldest = due.aggregate(oldest=Min("not_before"))["oldest"]
    return (now - oldest).total_seconds() if oldest else 0.0
