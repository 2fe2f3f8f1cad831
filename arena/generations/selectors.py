"""What is asked of systems and generations."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, QuerySet
from django.utils import timezone

from arena.core.db import CountOf
from arena.generations.models import Endpoint, Generation, StudySystem
from arena.studies.models import CaseVersion, Study
from arena.studies.selectors import cases_in_use, cases_withdrawn, versions_past

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
    """How far one system of a study is; ``failures`` counts failed rows by class.

    ``external`` is in no total: those outputs were judged elsewhere.
    """

    label: str
    study_system_id: int
    withdrawn: bool = False
    paused: bool = False
    queued: int = 0
    claimed: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    external: int = 0
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
    """Counts by system and status, all from one index."""
    held = StudySystem.objects.filter(study=study)
    systems = {
        one.pk: SystemProgress(
            one.label, one.pk, one.withdrawn_at is not None, one.paused_at is not None
        )
        for one in held
    }
    for pk, counts in generations_by_status(systems=held).items():
        for status, rows in counts.items():
            setattr(systems[pk], status, rows)
    for pk, failure, rows in _failures(held):
        systems[pk].failures[failure] = rows
    progress = Progress(list(systems.values()))
    progress.eta_seconds = _eta(study, progress.pending)
    return progress


def generations_by_status(*, systems: QuerySet[StudySystem]) -> dict[int, dict[str, int]]:
    """Id of each of ``systems`` and how many generations it has of every status."""
    asked = Generation.objects.filter(study_system=OuterRef("pk")).order_by().values("status")
    statuses = Generation.Status.values
    counts = [CountOf(asked.filter(status=status)) for status in statuses]
    rows = systems.order_by().values_list("pk", *counts)
    return {pk: dict(zip(statuses, found, strict=True)) for pk, *found in rows}


def _failures(systems: QuerySet[StudySystem]) -> QuerySet[Generation, tuple[int, str, int]]:
    failed = Generation.objects.filter(study_system__in=systems, status=Generation.Status.FAILED)
    ways = failed.order_by().values_list("study_system_id", "failure")
    return ways.annotate(rows=Count("*"))


def generations_ended(*, study: Study) -> int:
    """How many outputs there are to judge, failures among them; an index alone tells."""
    active = StudySystem.objects.filter(study=study, withdrawn_at=None)
    ended = [Generation.Status.SUCCEEDED, Generation.Status.FAILED]
    return Generation.objects.filter(study_system__in=active, status__in=ended).count()


def answers_missing(*, study: Study, progress: Progress) -> list[tuple[StudySystem, int]]:
    """The systems that take part and were not asked for every case yet, with how many they lack.

    What was asked again, of former versions and of withdrawn cases is taken off all that was
    asked. Whoever has enough even if it answered all of these is looked at no closer.
    """
    held = StudySystem.objects.filter(study=study, withdrawn_at=None)
    active = list(held.select_related("version__system").order_by("label"))
    there = {one.study_system_id: one.total + one.external for one in progress.per_system}
    asked = Generation.objects.filter(study_system__in=[one.pk for one in active])
    again = _by_system(asked.filter(repeat__gt=0))
    wanted = cases_in_use(study=study)
    have = {one.pk: there[one.pk] - again[one.pk] for one in active}
    most = wanted + versions_past(study=study)
    doubtful = [pk for pk, rows in have.items() if rows < most]
    gone = _gone(study, doubtful) if doubtful else Counter()
    lacking = [(one, wanted - have[one.pk] + gone[one.pk]) for one in active if one.pk in doubtful]
    return [(one, rows) for one, rows in lacking if rows > 0]


def _gone(study: Study, systems: list[int]) -> Counter[int]:
    """First answers of former versions and of withdrawn cases."""
    first = Generation.objects.filter(study_system__in=systems, repeat=0)
    counts = [_by_system(first.filter(case_version__in=versions)) for versions in _former(study)]
    return sum(counts, Counter())


def _former(study: Study) -> tuple[QuerySet[CaseVersion], QuerySet[CaseVersion]]:
    """Versions of withdrawn cases, and of other cases those that are not the newest."""
    withdrawn = cases_withdrawn(study=study)
    again = CaseVersion.objects.filter(number__gt=1, case__study=study, case__withdrawn_at=None)
    newer = CaseVersion.objects.filter(case=OuterRef("case"), number__gt=OuterRef("number"))
    former = CaseVersion.objects.filter(Exists(newer), case__in=again.order_by().values("case"))
    return CaseVersion.objects.filter(case__in=withdrawn).order_by(), former.order_by()


def _by_system(asked: QuerySet[Generation]) -> Counter[int]:
    counts = asked.order_by().values_list("study_system_id").annotate(rows=Count("*"))
    return Counter(dict(counts))


def _eta(study: Study, pending: int) -> float | None:
    if not pending:
        return 0.0
    since = timezone.now() - RATE_WINDOW
    recent = Generation.objects.filter(study_system__study=study, finished_at__gte=since)
    seen = recent.aggregate(first=Min("finished_at"), rows=Count("*"))
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
    labels = dict(StudySystem.objects.filter(study=study).values_list("pk", "label"))
    failed = Generation.objects.filter(
        study_system__in=list(labels), status=Generation.Status.FAILED
    ).values_list("study_system_id", "failure", "error")
    groups = failed.annotate(rows=Count("*"), example=Min("case_version_id"))
    told = list(groups.order_by("-rows", "study_system__label", "failure", "error")[:most])
    found = CaseVersion.objects.filter(pk__in=[version for *_, version in told])
    keys = dict(found.values_list("pk", "case__key"))
    return [
        FailureGroup(labels[pk], str(Generation.Failure(failure).label), error, rows, keys[version])
        for pk, failure, error, rows, version in told
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
    return dict(claimed.values_list(at).annotate(rows=Count("*")).order_by())


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
