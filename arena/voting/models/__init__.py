"""Comparisons, the ballots raters saw, and their votes."""

from arena.voting.models.ballots import (
    QUALIFYING,
    Ballot,
    Comparison,
    Draft,
    Origin,
    Outcome,
    Side,
)
from arena.voting.models.standing import (
    KnownAnswer,
    PairStanding,
    Qualification,
)
from arena.voting.models.votes import (
    CriterionVote,
    Highlight,
    Retraction,
    SafetyFlag,
    Skip,
    Vote,
)

__all__ = [
    "QUALIFYING",
    "Ballot",
    "Comparison",
    "CriterionVote",
    "Draft",
    "Highlight",
    "KnownAnswer",
    "Origin",
    "Outcome",
    "PairStanding",
    "Qualification",
    "Retraction",
    "SafetyFlag",
    "Side",
    "Skip",
    "Vote",
]
