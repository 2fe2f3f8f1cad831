"""What is asked of systems and generations."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, QuerySet
from django.utils import timezone

from arena.generations.models import Endpoint, Generation, StudySystem
from arena.studies.models import CaseVersion, Study
from arena.studies.selectors import case_versions_current

FAILURE_WORDS = {
    Generation.Failure.REFUSED: "refused",
    Generation.Failure.TIMED_OUT: "timed out",
    Generation.Failure.CRASHED: "crashed",
    Generation.Failure.OUT_OF_MEMORY: "out of memory",
    Generation.Failure.INVALID_OUTPUT: "not valid",
    Generation.Failure.EMPTY: "empty",
    Generation.Failure.REJECTED: "rejected",
    Generation.Failure.UNTAKEN: "could not take the case",
}
RATE_WINDOW = timedelta(minutes=2)


@dataclass
class SystemProgress:
    """How far one system of a study is; ``failures`` counts failed rows by class."""

    label: str
    study_system_id: int
    withdrawn: bool = False
    paused: bool = False
    queued: int = 0
    claimed: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.queued + self.claimed + self.succeeded + self.failed + self.cancelled

    @property
    def failures_told(self) -> str:
        """As in “2 refused, 1 timed out”, the most frequent first."""
        ordered = sorted(self.failures.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"{rows} {failure_words(failure)}" for failure, rows in ordered)


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


def failure_words(failure: str) -> str:
    """A failure class in a word or two, to stand behind a number."""
    return FAILURE_WORDS.get(Generation.Failure(failure), failure)


def generation_progress(*, study: Study) -> Progress:
    """Counts by system and status, from one grouped query over an index."""
    systems = {
        held.pk: SystemProgress(
            held.label, held.pk, held.withdrawn_at is not None, held.paused_at is not None
        )
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


def generations_ended(*, study: Study) -> int:
    """How many outputs there are to judge, failures among them; an index alone tells."""
    active = StudySystem.objects.filter(study=study, withdrawn_at=None)
    ended = [Generation.Status.SUCCEEDED, Generation.Status.FAILED]
    return Generation.objects.filter(study_system__in=active, status__in=ended).count()


def answers_missing(*, study: Study) -> list[tuple[StudySystem, int]]:
    """The systems that take part and were not asked for every case yet, with how many they lack.

    What was asked of former versions and of withdrawn cases is taken off all that was asked:
    there is little of it, and an index counts the rest.
    """
    cases = case_versions_current(study=study)
    held = StudySystem.objects.filter(study=study, withdrawn_at=None)
    active = list(held.select_related("version__system").order_by("label"))
    asked = Generation.objects.filter(study_system__in=active, repeat=0)
    there, gone = _by_system(asked), _by_system(asked.filter(case_version__in=_former(study)))
    wanted = cases.count()
    lacking = [(one, wanted - there[one.pk] + gone[one.pk]) for one in active]
    return [(one, rows) for one, rows in lacking if rows > 0]


def _former(study: Study) -> set[int]:
    """Ids of versions that are not the newest, or of withdrawn cases: two quick searches."""
    newer = CaseVersion.objects.filter(case=OuterRef("case"), number__gt=OuterRef("number"))
    versions = CaseVersion.objects.filter(case__study=study).values_list("pk", flat=True)
    return {*versions.filter(Exists(newer)), *versions.filter(case__withdrawn_at__isnull=False)}


def _by_system(asked: QuerySet[Generation]) -> Counter[int]:
    counts = asked.order_by().values_list("study_system_id").annotate(rows=Count("pk"))
    return Counter(dict(counts))


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


def generations_due(*, resource: str) -> QuerySet[Generation]:
    """What waits for ``resource`` and may be tried now, the most urgent first."""
    due = Generation.objects.filter(
        status=Generation.Status.QUEUED, resource=resource, not_before__lte=timezone.now()
    )
    return due.order_by("-priority", "pk")


def resources_waiting() -> list[str]:
    """The resources (cpu, gpu, remote) for which something may be claimed now."""
    asked = StudySystem.objects.filter(paused_at=None)

    def waits(resource: str) -> bool:
        due = generations_due(resource=resource).filter(study_system=OuterRef("pk")).order_by()
        return asked.filter(Exists(due)).exists()

    return [name for name in ("cpu", "gpu", "remote") if waits(name)]


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


@dataclass
class Server:
    """A model server that systems of a study are asked at, as it stands now."""

    address: str
    most_at_once: int
    per_minute: int
    under_way: int
    paused_until: datetime | None
    last_trouble: str


def claimed_by_endpoint() -> dict[int, int]:
    """How many cases are being put to each server just now."""
    at = "study_system__version__endpoint"
    claimed = Generation.objects.filter(status=Generation.Status.CLAIMED).exclude(**{at: None})
    return dict(claimed.values_list(at).annotate(Count("pk")).order_by())


def servers_of(*, study: Study) -> list[Server]:
    """What the study's systems are asked at; what is under way there counts all studies."""
    asked = Endpoint.objects.filter(versions__study_systems__study=study).distinct()
    under_way = claimed_by_endpoint()
    now = timezone.now()
    return [
        Server(
            endpoint.address,
            endpoint.most_at_once,
            endpoint.per_minute,
            under_way.get(endpoint.pk, 0),
            endpoint.paused_until if (endpoint.paused_until or now) > now else None,
            endpoint.last_trouble,
        )
        for endpoint in asked
    ]
