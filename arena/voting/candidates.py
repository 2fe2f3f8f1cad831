"""Which comparisons a rater could be shown next; reads a bounded number of rows.

A study may hold 100,000 cases and a million votes, so the draw looks at a window of cases that
begins at a random place. A window that covers the study is exact. Near the end of a larger study
windows come up empty: then the whole study is searched, by one query, and what it found is kept in
memory, so that the rater's next ballots need no search.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Count, Exists, IntegerField, Max, Min, OuterRef, Q, QuerySet
from django.db.models.expressions import Subquery
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils import timezone

from arena.accounts.models import RaterProfile, User
from arena.accounts.services import rater_profile_for
from arena.generations.models import Generation, StudySystem
from arena.studies.models import Case, CaseVersion, Protocol, Study
from arena.voting.models import Ballot, Skip
from arena.voting.standing import open_ballots, wins_so_far
from evaluation.comparisons import IntArray
from evaluation.pairing import Candidates, PairingState

WINDOW = 60  # cases looked at in one draw, fewer where each has many pairs of systems
PAIRS = 900  # about so many comparisons are enough to choose from
WINDOWS = 3  # that may be empty before the whole study is searched
FOUND = 300  # cases kept of such a search
MOST_KEPT = 500  # raters whose searches are kept
HISTORY = 120  # of the rater's ballots, newest first, for balance
HELD = timedelta(hours=12)  # so long does an open ballot hold its place in the count
FINISHED = [Generation.Status.SUCCEEDED, Generation.Status.FAILED]


class Pair(NamedTuple):
    """A drawable comparison: generations in id order, and where their systems stand in a list."""

    case_version: int
    first: int
    second: int
    first_system: int
    second_system: int


class Shown(NamedTuple):
    """A ballot this rater has had, by the positions of its systems."""

    first_system: int
    second_system: int
    left_is_second: bool


@dataclass(frozen=True)
class Draw:
    """All there is to choose from, and what has been shown so far."""

    pairs: list[Pair]
    candidates: Candidates
    state: PairingState
    asked: Sequence[int] = ()
    """The case version the rater asked for, if any."""

    @property
    def among(self) -> IntArray | None:
        """Places of the pairs of the case that was asked for; ``None``: any pair will do."""
        places = [i for i, pair in enumerate(self.pairs) if pair.case_version in self.asked]
        return np.array(places) if places else None


@dataclass(frozen=True)
class Rater:
    """Who draws, in which study; the systems are those without a conflict of interest."""

    user: User
    study: Study
    protocol: Protocol
    origin: str
    systems: list[int]
    history: list[Shown]


_left: dict[tuple[int, int, datetime, str], list[int]] = {}
"""Cases that a search found work in, by rater, protocol and origin. Looked at anew each time."""


def rater_for(
    *, user: User, study: Study, protocol: Protocol, origin: str, met: bool = True
) -> Rater:
    """``met``: with what they have been shown; needed for a draw, not for what is left."""
    systems = _systems_without_conflict(study=study, profile=rater_profile_for(user))
    history = _history(user=user, study=study, systems=systems) if met else []
    return Rater(user, study, protocol, origin, systems, history)


def draw_for(*, rater: Rater, rng: np.random.Generator, case: int | None = None) -> Draw | None:
    """What this rater may be shown; ``None`` when nothing is left.

    ``case``: id of one the rater asked for, to be looked at as well.
    """
    asked = [] if case is None else list(_offered(rater.study).filter(pk=case))
    draws = (_draw(rater, [*window, *asked]) for window in _windows(rater, rng))
    draw = next(filter(None, draws), None)
    return replace(draw, asked=asked) if draw else None


def pairs_left(*, rater: Rater, cases: Iterable[int]) -> list[Pair]:
    """What this rater may still be shown of these cases."""
    finished = _finished(rater, list(_offered(rater.study).filter(pk__in=list(cases))))
    return _drawable(rater, finished, _ballot_counts(rater, finished))


def _draw(rater: Rater, versions: list[int]) -> Draw | None:
    finished = _finished(rater, versions)
    counts = _ballot_counts(rater, finished)
    drawable = _drawable(rater, finished, counts)
    if not drawable:
        return None
    return Draw(drawable, *_arrays(rater, drawable, finished, counts))


def _windows(rater: Rater, rng: np.random.Generator) -> Iterator[list[int]]:
    """Where to look, one place after the other: newest versions of cases."""
    key = rater.user.pk, rater.protocol.pk, rater.protocol.created_at, rater.origin
    size = _size(len(rater.systems))
    offered = _offered(rater.study)
    while left := _left.get(key):
        yield list(offered.filter(pk__in=left[:size]))
        _left[key] = left[size:]
    ends = Case.objects.filter(study=rater.study).aggregate(low=Min("pk"), high=Max("pk"))
    for _ in range(WINDOWS):
        window = _window(offered, ends, size=size, rng=rng)
        yield window
        if len(window) < size:
            return
    found = rng.permutation(_cases_with_work(rater)).tolist()
    _keep(key, found)
    yield list(offered.filter(pk__in=found[:size]))


def _keep(key: tuple[int, int, datetime, str], found: list[int]) -> None:
    while len(_left) >= MOST_KEPT:
        _left.pop(next(iter(_left)), None)
    _left[key] = found


def _size(systems: int) -> int:
    """Cases in a window."""
    pairs = max(1, systems * (systems - 1) // 2)
    return min(WINDOW, max(PAIRS // pairs, 8))


def _offered(study: Study) -> QuerySet[Case, int]:
    """The newest version of every case that is not withdrawn, by the case's number."""
    newest = CaseVersion.objects.filter(case=OuterRef("pk")).order_by("-number").values("pk")[:1]
    cases = Case.objects.filter(study=study, withdrawn_at=None).order_by("pk")
    return cases.annotate(newest=Subquery(newest)).values_list("newest", flat=True)


def _window(
    offered: QuerySet[Case, int], ends: Mapping[str, Any], *, size: int, rng: np.random.Generator
) -> list[int]:
    """Up to ``size`` of ``offered`` from a random place on, around the end; fewer are all."""
    if ends["low"] is None:
        return []
    pivot = int(rng.integers(ends["low"], ends["high"] + 1))
    window = list(offered.filter(pk__gte=pivot)[:size])
    if len(window) < size:
        window += offered.filter(pk__lt=pivot)[: size - len(window)]
    return window


def _systems_without_conflict(*, study: Study, profile: RaterProfile) -> list[int]:
    """Positions are by id, so that a draw is repeatable."""
    named = profile.conflicts.casefold().replace(",", "\n").splitlines()
    conflicts = {name.strip() for name in named} - {""}
    systems = StudySystem.objects.filter(study=study, withdrawn_at=None).order_by("pk")
    makers = systems.values_list("pk", "version__system__maker")
    return [pk for pk, maker in makers if maker.strip().casefold() not in conflicts]


def _history(*, user: User, study: Study, systems: Sequence[int]) -> list[Shown]:
    index = {pk: i for i, pk in enumerate(systems)}
    rows = (
        Ballot.objects.filter(rater=user, study=study)
        .order_by("-position")
        .values_list(
            "comparison__first__study_system",
            "comparison__second__study_system",
            "left_is_second",
        )[:HISTORY]
    )
    return [Shown(index[a], index[b], swap) for a, b, swap in rows if a in index and b in index]


def may_be_shown(rater: Rater) -> QuerySet[Generation]:
    return Generation.objects.filter(
        study_system__in=rater.systems, status__in=FINISHED, repeat=0, names_its_maker=False
    )


class Finished(NamedTuple):
    pk: int
    case_version: int
    study_system: int
    status: str
    digest: str
    """Of the record in canonical form; empty for a failure."""


def _finished(rater: Rater, versions: list[int]) -> list[Finished]:
    rows = may_be_shown(rater).filter(case_version__in=versions).order_by("pk")
    columns = ("pk", "case_version", "study_system", "status", "record_digest")
    return [Finished(*row) for row in rows.values_list(*columns)]


def _pairs(rater: Rater, finished: Iterable[Finished]) -> Iterable[Pair]:
    """Two outputs of one case. Two failures, or the same output twice, leave nothing to judge."""
    index = {pk: i for i, pk in enumerate(rater.systems)}
    by_case: dict[int, list[Finished]] = {}
    for generation in finished:
        by_case.setdefault(generation.case_version, []).append(generation)
    for case, generations in by_case.items():
        for a, b in combinations(generations, 2):
            answered = Generation.Status.SUCCEEDED in (a.status, b.status)
            if answered and (not a.digest or a.digest != b.digest):
                yield Pair(case, a.pk, b.pk, index[a.study_system], index[b.study_system])


class Counts(NamedTuple):
    """Of one comparison: ballots answered or held by anybody, and ballots of this rater."""

    case_version: int
    shown: int
    mine: int
    beyond: int
    """Ballots this rater gave back because the case is not of their specialty."""


def _counting(origin: str) -> Q:
    """Ballots that stand for a vote that is rated, given or about to be."""
    fresh = Q(status=Ballot.Status.OPEN, drawn_at__gte=timezone.now() - HELD)
    return Q(origin=origin, repeat=0) & (Q(status=Ballot.Status.VOTED) | fresh)


def _beyond(rater: Rater) -> Q:
    """Ballots whose case this rater left to others: no pair of systems makes it theirs.

    PostgreSQL would answer an ``Exists`` here by reading the skips of everybody.
    """
    skips = Skip.objects.filter(ballot=OuterRef("pk"), attempt=OuterRef("attempt"))
    why = Exact(Subquery(skips.values("reason")[:1]), Skip.Reason.NOT_MY_SPECIALTY.value)
    return Q(rater=rater.user, status=Ballot.Status.SKIPPED) & Q(why)


def _ballot_counts(rater: Rater, finished: list[Finished]) -> dict[tuple[int, int], Counts]:
    rows = (
        Ballot.objects.filter(comparison__case_version__in={g.case_version for g in finished})
        .values_list("comparison__first", "comparison__second", "comparison__case_version")
        .annotate(
            shown=Count("pk", filter=_counting(rater.origin)),
            mine=Count("pk", filter=Q(rater=rater.user)),
            beyond=Count("pk", filter=_beyond(rater)),
        )
    )
    return {(first, second): Counts(*counts) for first, second, *counts in rows}


def _drawable(
    rater: Rater, finished: list[Finished], counts: dict[tuple[int, int], Counts]
) -> list[Pair]:
    beyond = {of_pair.case_version for of_pair in counts.values() if of_pair.beyond}
    return [
        pair
        for pair in _pairs(rater, finished)
        if pair.case_version not in beyond and _wanted(rater, counts.get((pair.first, pair.second)))
    ]


def _wanted(rater: Rater, counts: Counts | None) -> bool:
    if counts is None:
        return True
    return not counts.mine and counts.shown < rater.protocol.votes_per_comparison


def _arrays(
    rater: Rater,
    pairs: list[Pair],
    finished: list[Finished],
    counts: dict[tuple[int, int], Counts],
) -> tuple[Candidates, PairingState]:
    """What ``evaluation.pairing`` reads. Counts are those of the window, but for the adaptive."""
    system = {pk: i for i, pk in enumerate(rater.systems)}
    standing = {g.pk: (g.case_version, system[g.study_system]) for g in finished}
    cases = {pk: i for i, pk in enumerate(sorted({g.case_version for g in finished}))}
    shown = np.zeros((len(system), len(system)), dtype=np.int64)
    on_case = np.zeros((len(cases), len(system)), dtype=np.int64)
    for (first, second), count in counts.items():
        if first in standing and second in standing:
            (case, a), (_, b) = standing[first], standing[second]
            shown[a, b] += count.shown
            shown[b, a] += count.shown
            on_case[cases[case], [a, b]] += count.shown
    met = np.zeros(len(system), dtype=np.int64)
    for ballot in rater.history:
        met[[ballot.first_system, ballot.second_system]] += 1
    candidates = Candidates(
        case=np.array([cases[pair.case_version] for pair in pairs]),
        first=np.array([pair.first_system for pair in pairs]),
        second=np.array([pair.second_system for pair in pairs]),
    )
    state = PairingState(shown=shown, shown_to_rater=met, shown_on_case=on_case)
    adaptive = rater.protocol.pairing == Protocol.Pairing.ADAPTIVE
    return candidates, _with_wins(rater, state) if adaptive else state


def _with_wins(rater: Rater, state: PairingState) -> PairingState:
    """The adaptive choice looks at the whole study: its votes, and what is being judged now."""
    wins = wins_so_far(protocol=rater.protocol, origin=rater.origin, systems=rater.systems)
    waiting = open_ballots(
        counting=_counting(rater.origin), protocol=rater.protocol, systems=rater.systems
    )
    shown = np.rint(wins + wins.T).astype(np.int64) + waiting
    return replace(state, shown=shown, wins=wins)


def _cases_with_work(rater: Rater) -> list[int]:
    """Up to ``FOUND`` cases of the whole study that still have a comparison for this rater."""
    outer = OuterRef(OuterRef("pk"))
    ballots = Ballot.objects.filter(comparison__first=outer, comparison__second=OuterRef("pk"))
    shown = (
        ballots.filter(_counting(rater.origin))
        .order_by()
        .values("comparison")
        .annotate(n=Count("pk"))
        .values("n")
    )
    partner = (
        may_be_shown(rater)
        .filter(case_version=OuterRef("case_version"), pk__gt=OuterRef("pk"))
        .exclude(Q(status=Generation.Status.FAILED) & Q(status=OuterRef("status")))
        .exclude(~Q(record_digest="") & Q(record_digest=OuterRef("record_digest")))
        .filter(~Exists(ballots.filter(rater=rater.user)))
        .annotate(shown=Coalesce(Subquery(shown, output_field=IntegerField()), 0))
        .filter(shown__lt=rater.protocol.votes_per_comparison)
    )
    newest = CaseVersion.objects.filter(case=OuterRef("case_version__case")).order_by("-number")
    of_case = Ballot.objects.filter(comparison__case_version=OuterRef("case_version"))
    found = (
        may_be_shown(rater)
        .exclude(Exists(of_case.filter(_beyond(rater))))
        .filter(case_version__case__withdrawn_at=None)
        .filter(Exists(partner), case_version=Subquery(newest.values("pk")[:1]))
        .values_list("case_version__case", flat=True)[:FOUND]
    )
    return sorted(set(found))
