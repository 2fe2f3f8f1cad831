"""What raters do, for tests: a ballot opened half a minute ago, a vote, all votes there are."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from arena.voting.models import Ballot, Vote
from arena.voting.services import ballot_next, vote_cast
from tests.arena.voting.world import World


def opened(here: World, user: Any = None) -> Ballot:
    ballot = ballot_next(rater=user or here.rater, study=here.study)
    assert ballot is not None
    ballot.opened_at = timezone.now() - timedelta(seconds=30)
    ballot.save()
    return ballot


def cast(ballot: Ballot, outcome: str = "left_strongly", **changes: Any) -> Vote:
    answer = {"outcomes": {"overall": outcome}, "attempt": ballot.attempt, **changes}
    return vote_cast(ballot_uuid=ballot.uuid, rater=ballot.rater, **answer)


def vote_all(here: World, user: Any = None) -> list[Ballot]:
    """Vote until nothing is left."""
    ballots = []
    while ballot_next(rater=user or here.rater, study=here.study):
        ballots.append(opened(here, user))
        cast(ballots[-1])
    return ballots
