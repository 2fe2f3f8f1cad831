"""Which ballots were judged in one sitting, and when a break is due.

A sitting ends with half an hour without an answer. The place of a ballot in it is stored when the
ballot is answered, so that a ballot that lay open overnight counts for the day it was judged on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from arena.accounts.models import RaterProfile, User
from arena.studies.models import Protocol, Study
from arena.voting.models import Ballot

LONGEST_PAUSE = timedelta(minutes=30)


@dataclass(frozen=True)
class Sitting:
    """What a rater did without a break, up to now."""

    number: int
    ballots: int
    began_at: datetime

    @property
    def minutes(self) -> int:
        return int((timezone.now() - self.began_at).total_seconds() // 60)


@dataclass(frozen=True)
class Dismissed:
    """How far the sitting was when the rater last chose to go on without a break."""

    sitting: int
    ballots: int
    minutes: int


def place_in_sitting(*, ballot: Ballot, at: datetime) -> tuple[int, int]:
    """The rater's n-th sitting in the study, and the ballot's place in it if answered ``at``."""
    before = _answered(ballot.rater, ballot.study).filter(position__lt=ballot.position).first()
    if before is None or before.sitting is None or before.answered_at is None:
        return 1, 1
    if at - before.answered_at > LONGEST_PAUSE:
        return before.sitting + 1, 1
    return before.sitting, (before.sitting_place or 0) + 1


def sitting_of(*, rater: User, study: Study) -> Sitting | None:
    """The sitting that is going on; ``None`` after a pause."""
    last = _answered(rater, study).first()
    if last is None or last.sitting is None or last.answered_at is None:
        return None
    if timezone.now() - last.answered_at > LONGEST_PAUSE:
        return None
    first = _answered(rater, study).filter(sitting=last.sitting, sitting_place=1).last() or last
    return Sitting(last.sitting, last.sitting_place or 0, first.answered_at or last.answered_at)


def break_due(
    *, rater: User, protocol: Protocol, profile: RaterProfile, dismissed: Dismissed | None
) -> Sitting | None:
    """The sitting that has become long; ``None`` where no break is to be suggested.

    A dismissed suggestion comes again after as many more minutes or ballots.
    """
    minutes, ballots = protocol.break_minutes, protocol.break_ballots
    if profile.break_minutes is not None:
        minutes, ballots = profile.break_minutes, ballots if profile.break_minutes else 0
    sitting = sitting_of(rater=rater, study=protocol.study) if minutes or ballots else None
    if sitting is None:
        return None
    if dismissed is None or dismissed.sitting != sitting.number:
        dismissed = Dismissed(sitting.number, 0, 0)
    long = minutes and sitting.minutes - dismissed.minutes >= minutes
    many = ballots and sitting.ballots - dismissed.ballots >= ballots
    return sitting if long or many else None


def _answered(rater: User, study: Study) -> QuerySet[Ballot]:
    """The latest first."""
    found = Ballot.objects.filter(rater=rater, study=study).exclude(status=Ballot.Status.OPEN)
    return found.order_by("-position")
