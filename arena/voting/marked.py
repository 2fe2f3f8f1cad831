"""Errors raters marked, counted by system: for those who run the study, never for its raters."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef

from arena.studies.models import Study
from arena.voting.answers import ErrorType
from arena.voting.models import Highlight, Retraction

LATEST = 20


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
    """Every mark of votes that were not taken back; as many queries for many as for few."""
    labels = dict(study.study_systems.values_list("pk", "label"))
    taken_back = Retraction.objects.filter(vote=OuterRef("vote"))
    found = Highlight.objects.filter(
        ~Exists(taken_back), study_system__in=list(labels), origin=origin
    )
    marked: defaultdict[str, Counter[str]] = defaultdict(Counter)
    significant: Counter[str] = Counter()
    alike = found.order_by().values_list("study_system", "error_type", "significant")
    for system, kind, matters, n in alike.annotate(n=Count("*")):
        marked[labels[system]][kind] += n
        significant[labels[system]] += n * matters
    newest = found.order_by("-pk")[:LATEST]
    return MarkedErrors(
        [_counted(system, marked[system], significant[system]) for system in sorted(marked)],
        [(labels[mark.study_system_id], mark, _label(mark.error_type)) for mark in newest],
    )


def _counted(system: str, kinds: Counter[str], significant: int) -> SystemErrors:
    named = [(_label(kind), n) for kind, n in kinds.most_common()]
    return SystemErrors(system, kinds.total(), significant, named)


def _label(kind: str) -> str:
    return str(ErrorType(kind).label) if kind else "Not said"
