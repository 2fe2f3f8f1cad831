"""How each pair of systems stands so far, for the adaptive choice of the next comparison.

Kept in a row and brought up to date by at most ``CATCH_UP`` votes per draw, so that a draw costs as
much after a million votes as after a thousand. A missed vote would change a choice's chance, which
is stored, but no rating.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Count, Max, Min, Model, Q, QuerySet
from django.utils import timezone

from arena.core.db import write_txn
from arena.studies.models import Protocol
from arena.voting.models import (
    Ballot,
    CriterionVote,
    Origin,
    Outcome,
    PairStanding,
    Retraction,
    Vote,
)
from evaluation.comparisons import FloatArray, IntArray

CATCH_UP = 150  # ids of votes that a draw goes through
KEPT_EVERY = 50  # ids of votes after which the row is written anew
SETTLED = timedelta(minutes=2)  # longer than any transaction that stores a vote
HALF_WINS = {
    Outcome.LEFT_STRONGLY: 1.0,
    Outcome.LEFT_SLIGHTLY: 1.0,
    Outcome.TIE: 0.5,
    Outcome.BOTH_UNACCEPTABLE: 0.5,
    Outcome.RIGHT_SLIGHTLY: 0.0,
    Outcome.RIGHT_STRONGLY: 0.0,
}
PAIR = (
    "vote__ballot__comparison__first__study_system",
    "vote__ballot__comparison__second__study_system",
)


class Seen(NamedTuple):
    """Newest vote and retraction that have been counted."""

    vote: int
    retraction: int


@dataclass
class Standing:
    """Half-wins of (winner, loser) by number of study system, on the headline criterion."""

    seen: Seen
    wins: dict[tuple[int, int], float] = field(default_factory=dict)

    def add(self, votes: QuerySet[CriterionVote], sign: int = 1) -> None:
        rows: Any = (
            votes.order_by()
            .values_list(*PAIR, "vote__ballot__left_is_second", "outcome")
            .annotate(n=Count("pk"))
        )
        for first, second, swapped, outcome, n in rows:
            share = HALF_WINS[Outcome(outcome)]
            won = 1 - share if swapped else share
            for pair, wins in (((first, second), won), ((second, first), 1 - won)):
                self.wins[pair] = self.wins.get(pair, 0.0) + sign * n * wins


def wins_so_far(*, protocol: Protocol, origin: str, systems: list[int]) -> FloatArray:
    """(K, K) half-wins of row over column among ``systems``, of the votes that count."""
    wins = _standing(protocol, origin).wins
    return np.array([[wins.get((a, b), 0.0) for b in systems] for a in systems])


def open_ballots(*, counting: Q, protocol: Protocol, systems: list[int]) -> IntArray:
    """(K, K), symmetric: ballots of each pair that are being judged right now."""
    place = {pk: i for i, pk in enumerate(systems)}
    pairs = Ballot.objects.filter(counting, study=protocol.study_id, status=Ballot.Status.OPEN)
    found = np.zeros((len(systems), len(systems)), dtype=np.int64)
    for a, b in pairs.values_list(*(name.removeprefix("vote__ballot__") for name in PAIR)):
        if a in place and b in place:
            found[place[a], place[b]] += 1
            found[place[b], place[a]] += 1
    return found


def _standing(protocol: Protocol, origin: str) -> Standing:
    votes = _votes(protocol, origin)
    row = PairStanding.objects.filter(protocol=protocol, origin=origin).first()
    if row is None:
        first = votes.aggregate(first=Min("vote"))["first"]
        if first is None:
            return Standing(Seen(0, 0))
        row = PairStanding(protocol=protocol, origin=origin, vote=first - 1)
    kept = Standing(Seen(row.vote, row.retraction), {(a, b): n for a, b, n in row.wins})
    newest = Seen(min(_newest(Vote), row.vote + CATCH_UP), _newest(Retraction))
    if newest.vote - row.vote > KEPT_EVERY:
        kept = brought_up_to_date(kept, votes, _settled(kept.seen, newest))
        _keep(row, kept)
    return brought_up_to_date(kept, votes, newest)


def _newest(model: type[Model]) -> int:
    return model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0


def _settled(after: Seen, up_to: Seen) -> Seen:
    """Up to where no vote or retraction of a lower id can become visible any more."""
    since = timezone.now() - SETTLED

    def before_young(model: type[Model], low: int, high: int) -> int:
        young = model._default_manager.filter(pk__gt=low, pk__lte=high, created_at__gt=since)
        first = young.aggregate(first=Min("pk"))["first"]
        return high if first is None else first - 1

    return Seen(
        before_young(Vote, after.vote, up_to.vote),
        before_young(Retraction, after.retraction, up_to.retraction),
    )


def _keep(row: PairStanding, standing: Standing) -> None:
    """Unless another draw was faster: then its row stands."""
    counted = {
        "vote": standing.seen.vote,
        "retraction": standing.seen.retraction,
        "wins": [[*pair, n] for pair, n in standing.wins.items()],
    }
    with write_txn():
        if row.pk is None:
            PairStanding.objects.get_or_create(
                protocol=row.protocol, origin=row.origin, defaults=counted
            )
        else:
            PairStanding.objects.filter(pk=row.pk, vote=row.vote).update(**counted)


def brought_up_to_date(old: Standing, votes: QuerySet[CriterionVote], seen: Seen) -> Standing:
    standing = Standing(seen, dict(old.wins))
    known = Q(vote__retraction=None) | Q(vote__retraction__gt=seen.retraction)
    if seen.vote > old.seen.vote:
        standing.add(votes.filter(known, vote__gt=old.seen.vote, vote__lte=seen.vote))
    if seen.retraction > old.seen.retraction:
        late = votes.filter(vote__lte=old.seen.vote, vote__retraction__gt=old.seen.retraction)
        standing.add(late.filter(vote__retraction__lte=seen.retraction), sign=-1)
    return standing


def _votes(protocol: Protocol, origin: str) -> QuerySet[CriterionVote]:
    headline = protocol.criteria.order_by("position").values("pk")[:1]
    return CriterionVote.objects.filter(
        criterion__in=headline,
        vote__ballot__origin=Origin(origin),
        vote__ballot__repeat=0,
        vote__seconds__gte=protocol.least_seconds,
    )
