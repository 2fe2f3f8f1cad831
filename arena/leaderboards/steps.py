"""When a board may move before the eyes of those who still vote on it.

A board that moved after each vote would tell a rater which system made the side they chose. Raters
may sign out, so everybody but those who run the study waits for a step.
"""

import numpy as np

from arena.leaderboards.counted import CountedVotes
from arena.voting.models import Origin

LEAST_OF_OTHERS = 5
"""Votes that hide each rater's own: whatever moved, so many votes of others moved it too."""


def is_step(votes: CountedVotes, *, origin: str, since: int) -> bool:
    """Whether the votes after id ``since`` hide those of every rater among them.

    Nobody here cast imported or simulated votes, so those need no hiding.
    """
    if origin != Origin.HUMAN:
        return True
    _, by_rater = np.unique(votes.rater[votes.vote > since], return_counts=True)
    return int(by_rater.sum() - by_rater.max(initial=0)) >= LEAST_OF_OTHERS
