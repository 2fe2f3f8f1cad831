"""Errors raters marked, counted by system: for those who run the study, never for its raters."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef

from arena.studies.models import Study
from arena.voting.answers import ErrorType
from arena.voting.models import Highlight, Retraction, Side

LATEST = 20
COMPARISON = "vote__ballot__comparison__"
PLACE = (
    "side",
    "vote__ballot__left_is_second",
    f"{COMPARISON}first__study_system__label",
    f"{COMPARISON}second__study_system__label",
)


@dataclass(frozen=True)
class SystemErrors:
    """How often each kind of error was marked in one system's outputs."""

    label: str
    marked: int
    significant: int
    kinds: list[tuple[str, int]]


@dataclass(frozen=True)
class MarkedErrors:
    counts: list[SystemErrors]
    latest: list[tuple[str, Highlight, str]]
    """System, place and kind, the newest first."""


def errors_marked(*, study: Study, origin: str) -> MarkedErrors:
    """Every mark of votes that were not taken back; three queries, however many."""
    taken_back = Retraction.objects.filter(vote=OuterRef("vote"))
    found = Highlight.objects.filter(
        ~Exists(taken_back), vote__ballot__study=study, vote__ballot__origin=origin
    )
    marked: defaultdict[str, Counter[str]] = defaultdict(Counter)
    significant: Counter[str] = Counter()
    alike = found.order_by().values_list(*PLACE, "error_type", "significant")
    for *place, kind, matters, n in alike.annotate(n=Count("pk")):
        system = _system(*place)
        marked[system][kind] += n
        significant[system] += n * matters
    latest = list(found.order_by("-pk").values_list("pk", flat=True)[:LATEST])
    newest = Highlight.objects.filter(pk__in=latest).select_related(
        f"{COMPARISON}first__study_system", f"{COMPARISON}second__study_system"
    )
    return MarkedErrors(
        [_counted(system, marked[system], significant[system]) for system in sorted(marked)],
        [(_system_of(mark), mark, _label(mark.error_type)) for mark in newest.order_by("-pk")],
    )


def _counted(system: str, kinds: Counter[str], significant: int) -> SystemErrors:
    named = [(_label(kind), n) for kind, n in kinds.most_common()]
    return SystemErrors(system, kinds.total(), significant, named)


def _label(kind: str) -> str:
    return str(ErrorType(kind).label) if kind else "Not said"


def _system(side: str, left_is_second: bool, first: str, second: str) -> str:
    return second if (side == Side.LEFT) == left_is_second else first


def _system_of(mark: Highlight) -> str:
    ballot = mark.vote.ballot
    shown = ballot.left if mark.side == Side.LEFT else ballot.right
    return shown.study_system.label
