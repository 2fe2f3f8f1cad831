"""Rows that belong to one vote: one per criterion."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from arena.core.errors import RowError
from arena.core.faults import Faults
from arena.exports.vote_import.rows import ImportedOutcome
from arena.studies.models import Criterion, Protocol
from arena.voting.models import Outcome

# What all rows of a vote have in common, and the columns that say it.
SHARED = {"rater": "rater", "case": "case", "left": "model_a", "right": "model_b"}


@dataclass(frozen=True)
class ImportedVote:
    """``first`` is the row that opened the vote; it speaks for what all its rows share."""

    first: ImportedOutcome
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    @property
    def pair(self) -> tuple[str, str]:
        first, second = sorted((self.first.left, self.first.right))
        return first, second


def grouped(
    rows: Iterable[ImportedOutcome], *, protocol: Protocol, faults: Faults
) -> list[ImportedVote]:
    """Votes in the order of the file.

    Goes to ``faults``: a criterion the protocol does not have, a row given twice, rows of one
    vote that disagree, origins that mix, and times the protocol needs but the file lacks.
    """
    criteria = list(protocol.criteria.order_by("position"))
    votes: dict[Any, ImportedVote] = {}
    judged: dict[Any, ImportedOutcome] = {}
    for row in rows:
        with faults.caught():
            key = _criterion(row, criteria)
            _refuse_untimed(row, protocol)
            _refuse_repeated(row, judged.setdefault((_judgement_key(row), key), row))
            vote = votes.setdefault(_vote_key(row), ImportedVote(row))
            _refuse_disagreement(row, vote.first)
            vote.outcomes[key] = row.outcome
    return list(votes.values())


def _criterion(row: ImportedOutcome, criteria: list[Criterion]) -> str:
    known = [criterion.key for criterion in criteria]
    if row.criterion and row.criterion not in known:
        problem = f"{row.criterion!r} is not a criterion of the study: it has {', '.join(known)}"
        raise row.row.error(problem, "criterion")
    return row.criterion or known[0]


def _refuse_untimed(row: ImportedOutcome, protocol: Protocol) -> None:
    if row.seconds is None and protocol.least_seconds:
        problem = (
            f"is empty, but the protocol leaves out votes under {protocol.least_seconds} s: "
            "give the time of each vote"
        )
        raise row.row.error(problem, "seconds")


def _vote_key(row: ImportedOutcome) -> Any:
    return row.vote or _judgement_key(row)


def _judgement_key(row: ImportedOutcome) -> Any:
    return (row.rater, row.case, *sorted((row.left, row.right)), row.repeat)


def _refuse_disagreement(row: ImportedOutcome, first: ImportedOutcome) -> None:
    for column, name in (
        ("rater", "rater"),
        ("case", "case"),
        ("left", "model_a"),
        ("right", "model_b"),
    ):
        if getattr(row, column) != getattr(first, column):
            problem = f"differs from {first.row.where}, which is a row of the same vote"
            raise row.row.error(problem, name)
    if row.origin != first.origin:
        raise row.row.error("simulated and other votes are mixed: import them apart", "origin")


def _refuse_repeated(row: ImportedOutcome, first: ImportedOutcome) -> None:
    if row is not first:
        raise RowError(
            f"repeats {first.row.where}: the same rater, case, pair and criterion. Remove one, or "
            "number planned repeats in a column 'repeat'",
            row.row.file,
            row.row.number,
        )
