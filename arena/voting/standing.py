"""How each pair of systems stands so far, for the adaptive choice of the next comparison.

Kept in memory and brought up to date with the votes and retractions since, so that a draw costs as
much after a million votes as after a thousand. A missed vote would change a choice's chance, which
is stored, but no rating.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from arena.studies.models import Protocol
from arena.voting.models import Ballot, CriterionVote, Origin, Outcome, Retraction
from evaluation.comparisons import FloatArray, IntArray

RECOUNTED_AFTER = timedelta(minutes=10)  # votes may become visible out of order; none stays missed
MOST_KEPT = 64
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

    vote: int = 0
    retraction: int = 0


@dataclass
class Standing:
    """Half-wins of (winner, loser) by number of study system, on the headline criterion."""

    counted_at: datetime
    seen: Seen = field(default_factory=Seen)
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


_kept: dict[tuple[int, datetime, str], Standing] = {}


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
    key = protocol.pk, protocol.created_at, origin
    found, now = _kept.get(key), timezone.now()
    if found is None or now - found.counted_at > RECOUNTED_AFTER:
        while len(_kept) >= MOST_KEPT:
            _kept.pop(next(iter(_kept)), None)
        found = Standing(now)
    _kept[key] = brought_up_to_date(found, protocol, origin)
    return _kept[key]


def brought_up_to_date(old: Standing, protocol: Protocol, origin: str) -> Standing:
    """A new object, because draws of other threads may be reading the old one."""
    votes = _votes(protocol, origin)
    retractions = Retraction.objects.filter(vote__ballot__protocol=protocol)
    seen = Seen(
        votes.aggregate(last=Max("vote"))["last"] or 0,
        retractions.aggregate(last=Max("pk"))["last"] or 0,
    )
    standing = Standing(old.counted_at, seen, dict(old.wins))
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
