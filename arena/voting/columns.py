"""A study's votes as columns of numbers, kept in memory and grown by what is new.

A board follows from all votes of its study, and each vote asks for a new board: reading them anew
would cost more with every vote. What may still change (a retraction, a rater's profile) is not kept
here, and neither are votes so young that an older one may become visible after them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from numpy.typing import NDArray

from arena.studies.models import Study
from arena.voting.counting import of_study
from arena.voting.models import CriterionVote, Outcome, SafetyFlag, Side, Vote

Table = Mapping[str, NDArray[Any]]  # columns of equal length, in order of the column "vote"

MOST_KEPT = 2_000_000  # votes, about 100 bytes each
SETTLED = timedelta(hours=1)  # longer than any transaction that stores votes
OUTCOMES: Sequence[str] = Outcome.values
EXTENTS = ("", *SafetyFlag.Extent.values)  # code 0: no flag
SIDES: Sequence[str] = Side.values

VOTES = {
    "vote": "pk",
    "cast_at": "created_at",
    "seconds": "seconds",
    "rater": "ballot__rater_id",
    "repeat": "ballot__repeat",
    "swapped": "ballot__left_is_second",
    "comparison": "ballot__comparison_id",
    "case": "ballot__comparison__case_version__case_id",
    "first": "ballot__comparison__first_id",
    "second": "ballot__comparison__second_id",
    "first_system": "ballot__comparison__first__study_system_id",
    "second_system": "ballot__comparison__second__study_system_id",
}
ANSWERS = {"vote": "vote_id", "criterion": "criterion_id", "outcome": "outcome"}
FLAGS = {"vote": "vote_id", "side": "side", "extent": "extent"}
CODED: Mapping[str, Sequence[str]] = {"outcome": OUTCOMES, "side": SIDES, "extent": EXTENTS}


@dataclass(frozen=True)
class VoteColumns:
    """Votes, the outcomes of their criteria, and their safety flags.

    Words are codes: positions in ``OUTCOMES``, ``SIDES`` and ``EXTENTS``; times are microseconds.
    """

    votes: Table
    answers: Table
    flags: Table

    @property
    def last(self) -> int:
        """Id of the newest vote; 0 if there is none."""
        return int(self.votes["vote"][-1]) if len(self) else 0

    def __len__(self) -> int:
        return len(self.votes["vote"])

    def up_to(self, vote: int) -> "VoteColumns":
        if vote >= self.last:
            return self
        parts = (self.votes, self.answers, self.flags)
        ends = [int(np.searchsorted(part["vote"], vote, "right")) for part in parts]
        return VoteColumns(
            *({k: v[:n] for k, v in part.items()} for part, n in zip(parts, ends, strict=True))
        )

    def followed_by(self, other: "VoteColumns") -> "VoteColumns":
        if not len(self) or not len(other):
            return other if len(other) else self
        pairs = zip(
            (self.votes, self.answers, self.flags),
            (other.votes, other.answers, other.flags),
            strict=True,
        )
        return VoteColumns(*({k: np.append(a[k], b[k]) for k in a} for a, b in pairs))


_kept: dict[tuple[int, datetime, str], VoteColumns] = {}


def vote_columns(*, study: Study, origin: str, up_to: int) -> VoteColumns:
    """Every vote of the study and origin up to id ``up_to``; reads only those not yet in memory.

    The same columns whether they were read at once or grew: nothing that was read can change.
    """
    key = study.pk, study.created_at, origin
    known = _kept.get(key)
    if known is None or not _still_there(known):
        known = votes_read(study=study, origin=origin, after=0, up_to=0)
    new = votes_read(study=study, origin=origin, after=known.last, up_to=up_to)
    columns = known.followed_by(new)
    _keep(key, columns.up_to(_settled(columns)))
    return columns.up_to(up_to)


def _keep(key: tuple[int, datetime, str], columns: VoteColumns) -> None:
    """The study looked at longest ago makes room."""
    _kept.pop(key, None)
    _kept[key] = columns
    while sum(map(len, list(_kept.values()))) > MOST_KEPT:
        _kept.pop(next(iter(_kept)), None)


def votes_read(*, study: Study, origin: str, after: int, up_to: int) -> VoteColumns:
    """The votes with ids above ``after`` up to ``up_to``, from the database."""

    def table(model: type[Model], columns: Mapping[str, str], ballot: str) -> Table:
        vote = columns["vote"]
        found = model._default_manager.filter(**{f"{vote}__gt": after, f"{vote}__lte": up_to})
        mine = of_study(found, ballot, study, few=after > 0).filter(**{f"{ballot}__origin": origin})
        rows = mine.order_by(vote).values_list(*columns.values())
        return _table(rows.iterator(chunk_size=5000) if after < up_to else (), list(columns))

    return VoteColumns(
        table(Vote, VOTES, "ballot"),
        table(CriterionVote, ANSWERS, "vote__ballot"),
        table(SafetyFlag, FLAGS, "vote__ballot"),
    )


def _table(rows: Iterable[Sequence[Any]], names: Sequence[str]) -> Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return {
        name: np.array(_numbers(name, values), np.float64 if name == "seconds" else np.int64)
        for name, values in zip(names, columns, strict=True)
    }


def _numbers(name: str, values: Sequence[Any]) -> Sequence[Any]:
    if name == "cast_at":
        return [microseconds(value) for value in values]
    if name in CODED:
        code = {word: i for i, word in enumerate(CODED[name])}
        return [code[value] for value in values]
    return values


def microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _still_there(columns: VoteColumns) -> bool:
    """False after a database was put back to an earlier state under a running process."""
    if not len(columns):
        return True
    newest = Vote.objects.filter(pk=columns.last).values_list("created_at", flat=True).first()
    return newest is not None and microseconds(newest) == columns.votes["cast_at"][-1]


def _settled(columns: VoteColumns) -> int:
    """Id of the newest vote before which no other can appear any more."""
    if _ids_in_order() or not len(columns):
        return columns.last
    young = columns.votes["cast_at"] > microseconds(timezone.now() - SETTLED)
    return int(columns.votes["vote"][young.argmax()]) - 1 if young.any() else columns.last


def _ids_in_order() -> bool:
    """SQLite lets one writer at a time store votes, so they become visible in order of their ids;
    elsewhere they need not."""
    return connection.vendor == "sqlite"
