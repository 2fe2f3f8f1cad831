"""What is asked of systems and generations."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count, Min
from django.utils import timezone

from arena.generations.models import Generation, StudySystem
from arena.studies.models import Study

RATE_WINDOW = timedelta(minutes=2)


@dataclass
class SystemProgress:
    """How far one system of a study is; ``failures`` counts failed rows by class."""

    label: str
    study_system_id: int
    withdrawn: bool = False
    queued: int = 0
    claimed: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.queued + self.claimed + self.succeeded + self.failed + self.cancelled


@dataclass
class Progress:
    """Counts over a study's systems; ``eta_seconds`` is ``None`` while nothing was answered."""

    per_system: list[SystemProgress]
    eta_seconds: float | None = None

    @property
    def total(self) -> int:
        return sum(system.total for system in self.per_system)

    @property
    def queued(self) -> int:
        return sum(system.queued for system in self.per_system)

    @property
    def claimed(self) -> int:
        return sum(system.claimed for system in self.per_system)

    @property
    def succeeded(self) -> int:
        return sum(system.succeeded for system in self.per_system)

    @property
    def failed(self) -> int:
        return sum(system.failed for system in self.per_system)

    @property
    def cancelled(self) -> int:
        return sum(system.cancelled for system in self.per_system)

    @property
    def pending(self) -> int:
        return self.queued + self.claimed

    @property
    def percent(self) -> int:
        """Of all that is not cancelled, how much has ended; 100 where there is nothing to do."""
        wanted = self.total - self.cancelled
        return round(100 * (self.succeeded + self.failed) / wanted) if wanted else 100


def generation_progress(*, study: Study) -> Progress:
    """Counts by system and status, from one grouped query over an index."""
    systems = {
        held.pk: SystemProgress(held.label, held.pk, held.withdrawn_at is not None)
        for held in StudySystem.objects.filter(study=study)
    }
    counts = (
        Generation.objects.filter(study_system__in=list(systems))
        .values_list("study_system_id", "status", "failure")
        .annotate(rows=Count("pk"))
        .order_by()
    )
    for system_id, status, failure, rows in counts:
        _count(systems[system_id], status, failure, rows)
    progress = Progress(list(systems.values()))
    progress.eta_seconds = _eta(study, progress.pending)
    return progress


def _count(system: SystemProgress, status: str, failure: str, rows: int) -> None:
    if status == Generation.Status.EXTERNAL:
        return
    setattr(system, status, getattr(system, status) + rows)
    if status == Generation.Status.FAILED:
        system.failures[failure] = system.failures.get(failure, 0) + rows


def _eta(study: Study, pending: int) -> float | None:
    if not pending:
        return 0.0
    since = timezone.now() - RATE_WINDOW
    recent = Generation.objects.filter(study_system__study=study, finished_at__gte=since)
    seen = recent.aggregate(first=Min("finished_at"), rows=Count("pk"))
    if seen["first"] is None:
        return None
    seconds = max((timezone.now() - seen["first"]).total_seconds(), 1.0)
    return float(pending * seconds / seen["rows"])


def resources_waiting() -> list[str]:
    """The resources (cpu, gpu, remote) for which something may be claimed now."""
    waiting = Generation.objects.filter(
        status=Generation.Status.QUEUED, not_before__lte=timezone.now()
    )
    names = ("cpu", "gpu", "remote")
    return [name for name in names if waiting.filter(resource=name).exists()]


@dataclass
class FailureGroup:
    """Failed rows of one system with the same class and the same words, and one case as example."""

    label: str
    failure: str
    error: str
    rows: int
    case: str


def failures_of(*, study: Study, most: int = 20) -> list[FailureGroup]:
    """The failures of a study's systems, most frequent first."""
    failed = Generation.objects.filter(
        study_system__study=study, status=Generation.Status.FAILED
    ).values("study_system__label", "failure", "error")
    groups = failed.annotate(rows=Count("pk"), case=Min("case_version__case__key"))
    return [
        FailureGroup(
            group["study_system__label"],
            str(Generation.Failure(group["failure"]).label),
            group["error"],
            group["rows"],
            group["case"],
        )
        for group in groups.order_by("-rows", "study_system__label")[:most]
    ]
