"""When a board may move before the eyes of those who still vote on it.

A board that moved after each vote would tell a rater which system made the side they chose. Raters
may sign out, so everybody but those who run the study waits for a step.
"""

from django.db.models import Count

from arena.studies.models import Criterion
from arena.voting.models import Origin, Vote

LEAST_OF_OTHERS = 5
"""Votes that hide each rater's own: whatever moved, so many votes of others moved it too."""


def is_step(*, criterion: Criterion, origin: str, since: int, up_to: int) -> bool:
    """Whether the votes after ``since`` up to ``up_to`` hide those of every rater among them.

    Nobody here cast imported or simulated votes, so those need no hiding.
    """
    if origin != Origin.HUMAN:
        return True
    protocol = criterion.protocol
    votes = Vote.objects.filter(
        ballot__study=protocol.study_id,
        ballot__origin=origin,
        criterion_votes__criterion=criterion,
        seconds__gte=protocol.least_seconds,
        retraction=None,
        pk__gt=since,
        pk__lte=up_to,
    )
    by_rater = dict(votes.values_list("ballot__rater").annotate(Count("pk")))
    return sum(by_rater.values()) - max(by_rater.values(), default=0) >= LEAST_OF_OTHERS
