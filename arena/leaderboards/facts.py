"""What a leaderboard states about a study besides its votes."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count

from arena.generations.models import Generation, StudySystem
from arena.leaderboards.board import BoardFacts, SystemFacts
from arena.studies.models import Criterion, Study

Status = Generation.Status
EXTERNAL_ADAPTER = "external"  # of systems known only through imported votes


@dataclass(frozen=True)
class StudyFacts:
    """What the boards of all criteria share; three queries."""

    systems: tuple[SystemFacts, ...]
    identical: int


def study_facts(*, study: Study) -> StudyFacts:
    return StudyFacts(system_facts(study=study), identical_comparisons(study=study))


def board_facts(
    *, study: Study, criterion: Criterion, origin: str, shared: StudyFacts
) -> BoardFacts:
    protocol = criterion.protocol
    return BoardFacts(
        study=study.slug,
        origin=origin,
        criterion=criterion.key,
        instrument={
            "protocol_version": protocol.version,
            "question": protocol.question,
            "criterion": criterion.label,
            "scale": protocol.get_scale_display(),
            "input_kind": protocol.input_kind,
            "output_kind": protocol.output_kind,
            "least_seconds": protocol.least_seconds,
            "reading": "five steps count as win, tie or loss; both unacceptable as a tie",
        },
        case_source=study.case_source,
        synthetic=study.synthetic,
        systems=shared.systems,
        identical=shared.identical,
    )


def identical_comparisons(*, study: Study) -> int:
    """Pairs of outputs of one case that are the same byte for byte, and so are never asked."""
    same = (
        Generation.objects.filter(study_system__study=study, status=Status.SUCCEEDED, repeat=0)
        .filter(case_version__case__withdrawn_at=None, study_system__withdrawn_at=None)
        .exclude(record_digest="")
        .order_by()
        .values("case_version", "record_digest")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    return sum(n * (n - 1) // 2 for n in same.values_list("n", flat=True))


def system_facts(*, study: Study) -> tuple[SystemFacts, ...]:
    """The systems of a study by label, with how their generations ended; two queries."""
    ended = (
        Generation.objects.filter(study_system__study=study)
        .filter(status__in=[Status.SUCCEEDED, Status.FAILED])
        .order_by()
        .values_list("study_system", "failure")
        .annotate(n=Count("pk"))
    )
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for system, failure, n in ended:
        counts[system][failure] += n
    systems = StudySystem.objects.filter(study=study).select_related("version__system")
    return tuple(_facts(system, counts[system.pk]) for system in systems.order_by("label"))


def _facts(entry: StudySystem, counts: Counter[str]) -> SystemFacts:
    elsewhere = entry.version.adapter == EXTERNAL_ADAPTER
    return SystemFacts(
        label=entry.label,
        slug=entry.version.system.slug,
        version=entry.version.number,
        withdrawn=entry.withdrawn_at is not None and not elsewhere,
        held_elsewhere=elsewhere,
        answered=counts[""],
        failures={failure: n for failure, n in counts.items() if failure},
    )
