"""The votes behind a leaderboard or an export, and which of them count."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import F, Max, QuerySet

from arena.studies.models import Criterion, Protocol, Study
from arena.studies.selectors import protocol_current
from arena.voting.models import (
    Ballot,
    CriterionVote,
    Origin,
    Outcome,
    Retraction,
    SafetyFlag,
    Vote,
)


class Exclusion(StrEnum):
    """Why a stored vote is left out of ratings; the first that fits is the one counted."""

    RETRACTED = "retracted"
    EARLIER_PROTOCOL = "earlier_protocol"
    REPEAT = "planned_repeat"
    TOO_FAST = "too_fast"
    NAMES_ITS_MAKER = "names_its_maker"


EXCLUSION_LABELS = {
    Exclusion.RETRACTED: "retracted by the rater or by name",
    Exclusion.EARLIER_PROTOCOL: "cast under an earlier version of the protocol",
    Exclusion.REPEAT: "a planned repeat, which serves agreement only",
    Exclusion.TOO_FAST: "faster than the protocol's minimum",
    Exclusion.NAMES_ITS_MAKER: "an output named its maker, so the vote was not blind",
}


@dataclass(frozen=True)
class Flag:
    """One safety flag. ``unsafe``: the rater expects harm; "no harm" is an answer too."""

    extent: str
    likelihood: str
    error_types: tuple[str, ...] = ()
    note: str = ""

    @property
    def unsafe(self) -> bool:
        return self.extent != SafetyFlag.Extent.NONE


@dataclass(frozen=True)
class VoteRow:
    """One outcome of one criterion. ``left`` and ``right`` are labels of systems."""

    vote: int
    criterion: str
    protocol: int
    outcome: str
    left: str
    right: str
    rater: int
    pseudonym: str
    profession: str
    specialty: str
    case: str
    case_version: int
    comparison: int
    position: int
    sitting: int | None
    sitting_place: int | None
    same_case: bool
    repeat: int
    probability: float | None
    seconds: float
    left_seconds: float | None
    right_seconds: float | None
    looked_closely: bool | None
    confidence: int | None
    reason: str
    cast_at: datetime
    retracted: bool
    names_its_maker: bool
    flags: dict[str, Flag] = field(default_factory=dict)

    @property
    def winner(self) -> str | None:
        """The label preferred, if one was."""
        if self.outcome in (Outcome.LEFT_STRONGLY, Outcome.LEFT_SLIGHTLY):
            return self.left
        if self.outcome in (Outcome.RIGHT_STRONGLY, Outcome.RIGHT_SLIGHTLY):
            return self.right
        return None


@dataclass(frozen=True)
class CountedVotes:
    """Votes on one criterion in order of id, told apart by whether they count."""

    counted: list[VoteRow]
    excluded: list[tuple[VoteRow, Exclusion]]

    @property
    def excluded_counts(self) -> dict[str, int]:
        counts = Counter(reason.value for _, reason in self.excluded)
        return {reason.value: counts[reason.value] for reason in Exclusion if counts[reason.value]}


def votes_counted(
    *, study: Study, criterion: str, origin: str, up_to: int | None = None
) -> CountedVotes:
    """Every vote on ``criterion`` (a key) of one origin; as many queries for few as for many.

    Votes cast under another version of the protocol than the one in force are excluded, because
    a rating stands for one instrument. ``up_to``: id of the newest vote looked at.
    """
    protocol = protocol_current(study=study)
    counted, excluded = [], []
    for row in _rows(study=study, criterion=criterion, origin=origin, up_to=up_to):
        reason = why_excluded(row, protocol=protocol)
        if reason:
            excluded.append((row, reason))
        else:
            counted.append(row)
    return CountedVotes(counted, excluded)


def why_excluded(row: VoteRow, *, protocol: Protocol) -> Exclusion | None:
    if row.retracted:
        return Exclusion.RETRACTED
    if row.protocol != protocol.version:
        return Exclusion.EARLIER_PROTOCOL
    if row.repeat:
        return Exclusion.REPEAT
    if row.seconds < protocol.least_seconds:
        return Exclusion.TOO_FAST
    return Exclusion.NAMES_ITS_MAKER if row.names_its_maker else None


def last_vote(*, study: Study, origin: str, after: int = 0) -> int:
    """Id of the newest vote of this origin; 0 if there is none newer than ``after``."""
    votes = of_study(Vote.objects.filter(pk__gt=after), "ballot", study, few=after > 0)
    return votes.filter(ballot__origin=origin).aggregate(last=Max("pk"))["last"] or 0


def of_study(found: QuerySet[Any], ballot: str, study: Study, *, few: bool) -> QuerySet[Any]:
    """Those of ``found`` whose ``ballot`` (a path) belongs to the study.

    ``few``: where they are few rows, ``+ 0`` keeps the database from walking through all ballots
    of the study instead of through those rows.
    """
    if few:
        found = found.alias(of_study=F(f"{ballot}__study_id") + 0)
        return found.filter(of_study=study.pk)
    return found.filter(**{f"{ballot}__study": study})


def retractions_of(*, study: Study, origin: str) -> QuerySet[Retraction]:
    """Of votes of the study and origin; far fewer than votes."""
    found = of_study(Retraction.objects.all(), "vote__ballot", study, few=True)
    return found.filter(vote__ballot__origin=origin)


def origins_with_votes(*, study: Study) -> list[str]:
    """In order: human, simulated, imported."""
    voted = Ballot.objects.filter(study=study, votes__isnull=False)
    return [origin for origin in Origin.values if voted.filter(origin=origin).exists()]


COMPARISON = "vote__ballot__comparison__"
PROFILE = "vote__ballot__rater__rater_profile__"
COLUMNS = {
    "vote": "vote_id",
    "protocol": "criterion__protocol__version",
    "outcome": "outcome",
    "rater": "vote__ballot__rater_id",
    "pseudonym": f"{PROFILE}pseudonym",
    "profession": f"{PROFILE}profession",
    "specialty": f"{PROFILE}specialty",
    "case": f"{COMPARISON}case_version__case__key",
    "case_version": f"{COMPARISON}case_version__number",
    "comparison": "vote__ballot__comparison_id",
    "position": "vote__ballot__position",
    "sitting": "vote__ballot__sitting",
    "sitting_place": "vote__ballot__sitting_place",
    "same_case": "vote__ballot__same_case",
    "repeat": "vote__ballot__repeat",
    "probability": "vote__ballot__probability",
    "seconds": "vote__seconds",
    "left_seconds": "vote__left_seconds",
    "right_seconds": "vote__right_seconds",
    "looked_closely": "vote__looked_closely",
    "confidence": "vote__confidence",
    "reason": "vote__reason",
    "cast_at": "vote__created_at",
}
SIDES = (
    "vote__retraction__id",
    "vote__ballot__left_is_second",
    f"{COMPARISON}first__study_system__label",
    f"{COMPARISON}second__study_system__label",
    f"{COMPARISON}first__names_its_maker",
    f"{COMPARISON}second__names_its_maker",
)


def _rows(*, study: Study, criterion: str, origin: str, up_to: int | None) -> Iterator[VoteRow]:
    found = CriterionVote.objects.filter(
        criterion__in=Criterion.objects.filter(protocol__study=study, key=criterion),
        vote__ballot__origin=origin,
    )
    if up_to is not None:
        found = found.filter(vote__lte=up_to)
    flags = _flags(study=study, origin=origin, up_to=up_to)
    columns = (*SIDES, *COLUMNS.values())
    for values in found.order_by("vote_id").values_list(*columns).iterator(chunk_size=5000):
        yield _row(criterion, values, flags)


def _row(criterion: str, values: Sequence[Any], flags: dict[int, dict[str, Flag]]) -> VoteRow:
    retraction, swapped, first, second, leak, other_leak = values[: len(SIDES)]
    columns = dict(zip(COLUMNS, values[len(SIDES) :], strict=True))
    columns["pseudonym"] = columns["pseudonym"] or f"rater-{columns['rater']}"
    return VoteRow(
        **columns,
        criterion=criterion,
        left=second if swapped else first,
        right=first if swapped else second,
        retracted=retraction is not None,
        names_its_maker=leak or other_leak,
        flags=flags.get(columns["vote"], {}),
    )


def _flags(*, study: Study, origin: str, up_to: int | None) -> dict[int, dict[str, Flag]]:
    found = SafetyFlag.objects.filter(vote__ballot__study=study, vote__ballot__origin=origin)
    if up_to is not None:
        found = found.filter(vote__lte=up_to)
    by_vote: dict[int, dict[str, Flag]] = {}
    columns = ("vote_id", "side", "extent", "likelihood", "error_types", "note")
    for vote, side, extent, likelihood, types, note in found.values_list(*columns):
        by_vote.setdefault(vote, {})[side] = Flag(extent, likelihood, tuple(types), note)
    return by_vote
