"""The votes that count for a board, as columns, and why the others do not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from arena.accounts.models import RaterProfile
from arena.generations.models import Generation, StudySystem
from arena.studies.models import Criterion, Protocol, Study
from arena.voting.columns import VoteColumns, vote_columns
from arena.voting.counting import Exclusion, retractions_of

Column = NDArray[np.int64]
NO_FLAG = 0


class Person(NamedTuple):
    pseudonym: str
    profession: str
    specialty: str


@dataclass(frozen=True)
class CountedVotes:
    """(N,) columns of the votes on one criterion that count, in order of id.

    `left`, `right`: positions in `names`, the alphabet of systems that were voted on. `outcome`:
    codes of ``arena.voting.columns.OUTCOMES``; `left_flag`, `right_flag`: codes of ``EXTENTS``.
    """

    names: tuple[str, ...]
    vote: Column
    cast_at: Column
    seconds: NDArray[np.float64]
    rater: Column
    case: Column
    comparison: Column
    repeat: Column
    left: Column
    right: Column
    outcome: Column
    left_flag: Column
    right_flag: Column
    people: Mapping[int, Person]
    excluded: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.vote)


@dataclass(frozen=True)
class StudyVotes:
    """All votes of one origin up to a cut-off, with what may have changed since they were cast."""

    columns: VoteColumns
    protocol: Protocol
    criteria: Mapping[str, list[int]]
    retracted: Column
    leaks: Column
    labels: Mapping[int, str]
    people: Mapping[int, Person]

    def on(self, criterion: Criterion) -> CountedVotes:
        """The votes on a criterion, by its key; those under another protocol do not count."""
        return self._on(criterion, without=set())

    def with_repeats_on(self, criterion: Criterion) -> CountedVotes:
        """``on``, and the planned repeats that would count were they not repeats."""
        return self._on(criterion, without={Exclusion.REPEAT})

    def _on(self, criterion: Criterion, *, without: set[Exclusion]) -> CountedVotes:
        answers, votes = self.columns.answers, self.columns.votes
        asked = np.flatnonzero(np.isin(answers["criterion"], self.criteria[criterion.key]))
        row = np.searchsorted(votes["vote"], answers["vote"][asked])
        reasons = self._reasons(row, answers["criterion"][asked] != criterion.pk, without)
        excluded = {reason.value: int(found.sum()) for reason, found in reasons.items()}
        left_out = np.any([*reasons.values()], axis=0)
        counted, row = asked[~left_out], row[~left_out]
        swapped = votes["swapped"][row] == 1
        first, second = votes["first_system"][row], votes["second_system"][row]
        names, (left, right) = self._by_name(
            np.where(swapped, second, first), np.where(swapped, first, second)
        )
        flags = self._flags(row)
        kept = ("vote", "cast_at", "seconds", "rater", "case", "comparison", "repeat")
        return CountedVotes(
            names,
            **{name: votes[name][row] for name in kept},
            left=left,
            right=right,
            outcome=answers["outcome"][counted],
            left_flag=flags[0],
            right_flag=flags[1],
            people=self.people,
            excluded={reason: n for reason, n in excluded.items() if n},
        )

    def _reasons(
        self, row: Column, other_protocol: NDArray[np.bool_], without: set[Exclusion]
    ) -> dict[Exclusion, NDArray[np.bool_]]:
        """Which rows each reason leaves out; the first that fits is the one counted."""
        votes = self.columns.votes
        fits = {
            Exclusion.RETRACTED: np.isin(votes["vote"][row], self.retracted),
            Exclusion.EARLIER_PROTOCOL: other_protocol,
            Exclusion.REPEAT: votes["repeat"][row] > 0,
            Exclusion.TOO_FAST: votes["seconds"][row] < self.protocol.least_seconds,
            Exclusion.NAMES_ITS_MAKER: np.isin(votes["first"][row], self.leaks)
            | np.isin(votes["second"][row], self.leaks),
        }
        fits = {reason: found for reason, found in fits.items() if reason not in without}
        earlier = np.zeros(len(row), bool)
        for reason, found in fits.items():
            fits[reason] = found & ~earlier
            earlier |= found
        return fits

    def _by_name(self, *columns: Column) -> tuple[tuple[str, ...], list[Column]]:
        """(labels of the systems in `columns`, in order of the alphabet; positions in it)."""
        systems = np.unique(np.concatenate(columns))
        labels = [self.labels[pk] for pk in systems.tolist()]
        order = np.argsort(np.argsort(np.array(labels, dtype=object)))
        return tuple(sorted(labels)), [order[np.searchsorted(systems, c)] for c in columns]

    def _flags(self, row: Column) -> Column:
        """(2, N) codes of the left and right safety flag of each row; a vote may have none."""
        flags, found = self.columns.flags, np.full((2, len(self.columns)), NO_FLAG)
        at = np.searchsorted(self.columns.votes["vote"], flags["vote"])
        found[flags["side"], at] = flags["extent"]
        return np.asarray(found[:, row])


def study_votes(*, study: Study, protocol: Protocol, origin: str, up_to: int) -> StudyVotes:
    """As many queries for many votes as for few, and few rows where most are in memory."""
    columns = vote_columns(study=study, origin=origin, up_to=up_to)
    criteria: dict[str, list[int]] = {}
    for pk, key in Criterion.objects.filter(protocol__study=study).values_list("pk", "key"):
        criteria.setdefault(key, []).append(pk)
    retractions = retractions_of(study=study, origin=origin)
    leaks = Generation.objects.filter(study_system__study=study, names_its_maker=True)
    labels = dict(StudySystem.objects.filter(study=study).values_list("pk", "label"))
    return StudyVotes(
        columns=columns,
        protocol=protocol,
        criteria=criteria,
        retracted=np.array([*retractions.values_list("vote", flat=True)], np.int64),
        leaks=np.array([*leaks.values_list("pk", flat=True)], np.int64),
        labels=labels,
        people=_people(np.unique(columns.votes["rater"]).tolist()),
    )


def _people(raters: list[int]) -> dict[int, Person]:
    profiles = RaterProfile.objects.filter(user__in=raters).values_list(
        "user", "pseudonym", "profession", "specialty"
    )
    known = {user: Person(*rest) for user, *rest in profiles}
    return {pk: known.get(pk) or Person(f"rater-{pk}", "", "") for pk in raters}
