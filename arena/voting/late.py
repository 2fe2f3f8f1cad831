"""Answers to a ballot whose case or system was withdrawn while it was being judged.

They are kept, retracted as they are stored: what a rater wrote or flagged is not lost, and counts
nowhere. A vote that was there before the withdrawal stands.
"""

from django.db import transaction
from django.utils.translation import gettext_lazy

from arena.core.audit import audit_record
from arena.core.errors import UserError
from arena.voting.models import QUALIFYING, Ballot, Retraction, Vote
from arena.voting.selectors import ballot_is_void
from arena.voting.vote_store import Answer, vote_store

GIVEN_BACK = "Withdrawn by the study."
"""The note of the skip that ends a withdrawn ballot."""
TOO_LATE = "The case or a system was withdrawn before the vote came."
"""Why such a vote is retracted."""
SAID = gettext_lazy(
    "The study withdrew this case or one of its systems before your answer came, so the answer "
    "does not count. Nothing more is asked of you there."
)


class WithdrawnBallotError(UserError):
    """The answer came after its case or system had been withdrawn."""

    def __init__(self) -> None:
        super().__init__(str(SAID))


def answer_is_late(*, ballot: Ballot, attempt: int) -> bool:
    """Whether the ballot was withdrawn before this answer, and perhaps given back since.

    Raises ``WithdrawnBallotError`` where such an answer came before, and for a qualification, of
    which nothing is kept.
    """
    if ballot.attempt != attempt or not ballot_is_void(ballot=ballot):
        return False
    votes = ballot.votes.filter(attempt=attempt)
    waits = ballot.status == Ballot.Status.OPEN
    if (waits and ballot.origin == QUALIFYING) or votes.filter(retraction__reason=TOO_LATE):
        raise WithdrawnBallotError
    return waits or ballot.skips.filter(attempt=attempt, note=GIVEN_BACK).exists()


def late_vote_store(ballot: Ballot, answer: Answer) -> Vote:
    """The vote, with its retraction; nobody is asked to mend an answer that does not count."""
    try:
        with transaction.atomic():
            vote = vote_store(ballot, answer)
    except UserError as error:
        raise WithdrawnBallotError from error
    Retraction.objects.create(vote=vote, reason=TOO_LATE, by=ballot.rater)
    audit_record(actor=ballot.rater, action="vote.retract", target=f"vote {vote.pk}")
    return vote
