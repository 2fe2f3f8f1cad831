"""How far raters coincide: between them on the same comparison, and each with the others."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.leaderboards.counted import Column, CountedVotes
from arena.voting.columns import OUTCOMES
from arena.voting.models import Outcome
from evaluation.agreement import agree
from evaluation.proportions import clustered_proportion

# Five steps as distances; "both unacceptable" prefers neither, so it lies in the middle.
STEPS = {
    Outcome.LEFT_STRONGLY: 2,
    Outcome.LEFT_SLIGHTLY: 1,
    Outcome.TIE: 0,
    Outcome.BOTH_UNACCEPTABLE: 0,
    Outcome.RIGHT_SLIGHTLY: -1,
    Outcome.RIGHT_STRONGLY: -2,
}
STEP = np.array([STEPS[Outcome(outcome)] for outcome in OUTCOMES])
ANSWERS = np.array(["first", "second", "tie", "both_unacceptable"])
FIRST, SECOND, TIE, BOTH_UNACCEPTABLE = range(4)


def agreement_of(votes: CountedVotes) -> dict[str, Any]:
    """Agreement on who won (four answers), and on how clearly (five ordered steps).

    The unit is a comparison: one pair of outputs for one case. Which side was left does not
    matter. Intervals are bootstraps over comparisons.
    """
    if not len(votes):
        return {}
    winner = agree(
        votes.comparison,
        votes.rater,
        ANSWERS[answers(votes)],
        coefficients=("percent", "krippendorff_alpha", "gwet_ac1"),
    ).to_dict()
    steps = agree(
        votes.comparison,
        votes.rater,
        steps_to_first(votes),
        level="ordinal",
        coefficients=("krippendorff_alpha",),
    ).to_dict()
    return winner | {"alpha_of_steps": steps["krippendorff_alpha"]}


def self_agreement_of(votes: CountedVotes, *, confidence: float) -> dict[str, Any]:
    """How far raters agree with themselves where they were asked again, sides swapped.

    ``votes`` with repeats. The unit is a rater's comparison; the share of equal answers has the
    interval of ``clustered_proportion`` by rater. Of the answers that changed, those that went for
    the left both times, or for the right both times, followed the side and not the output.
    """
    first, again = _asked_twice(votes)
    if not len(first):
        return {}
    answer, step = answers(votes), STEP[votes.outcome]
    same = answer[first] == answer[again]
    raters, rater = np.unique(votes.rater[first], return_inverse=True)
    share = clustered_proportion(
        np.bincount(rater[same], minlength=len(raters)), np.bincount(rater), confidence=confidence
    )
    return {
        "n": len(first),
        "n_raters": len(raters),
        "same": int(same.sum()),
        "value": share.value,
        "lower": share.lower,
        "upper": share.upper,
        "left_both_times": int(((step[first] > 0) & (step[again] > 0)).sum()),
        "right_both_times": int(((step[first] < 0) & (step[again] < 0)).sum()),
    }


def _asked_twice(votes: CountedVotes) -> tuple[Column, Column]:
    """(n,) rows of first answers and of their repeats; a repeat whose first is gone is left out."""
    unit = votes.rater * (votes.comparison.max(initial=0) + 1) + votes.comparison
    repeats = np.flatnonzero(votes.repeat > 0)
    firsts = np.flatnonzero((votes.repeat == 0) & np.isin(unit, unit[repeats]))
    repeats = repeats[np.isin(unit[repeats], unit[firsts])]
    firsts = firsts[np.argsort(unit[firsts])]
    return firsts[np.searchsorted(unit[firsts], unit[repeats])], repeats


def steps_to_first(votes: CountedVotes) -> Column:
    """(N,) steps towards the first system of the alphabet, whichever side it stood on."""
    return np.asarray(np.where(votes.left < votes.right, 1, -1) * STEP[votes.outcome])


def answers(votes: CountedVotes) -> Column:
    """(N,) codes of ``ANSWERS``: the answer free of sides."""
    steps = steps_to_first(votes)
    bad = votes.outcome == OUTCOMES.index(Outcome.BOTH_UNACCEPTABLE)
    neither = np.where(bad, BOTH_UNACCEPTABLE, TIE)
    return np.asarray(np.where(steps > 0, FIRST, np.where(steps < 0, SECOND, neither)))


@dataclass(frozen=True)
class RaterHabits:
    """One rater beside the others; shares are ``None`` where nothing was shared or decided."""

    pseudonym: str
    votes: int
    agrees: float | None
    compared: int
    left_share: float | None
    tie_share: float
    median_seconds: float


def rater_habits(votes: CountedVotes) -> list[RaterHabits]:
    """Every rater, those who agree least with others first."""
    _, unit = np.unique(votes.comparison, return_inverse=True)
    table = np.zeros((unit.max(initial=-1) + 1, len(ANSWERS)), np.int64)
    answer = answers(votes)
    np.add.at(table, (unit, answer), 1)
    same, compared = table[unit, answer] - 1, table.sum(1)[unit] - 1
    _, rater = np.unique(votes.rater, return_inverse=True)
    order = np.argsort(rater, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(rater))[:-1]) if len(votes) else []
    habits = [
        _habits(votes, rows, int(same[rows].sum()), int(compared[rows].sum())) for rows in parts
    ]
    return sorted(habits, key=lambda each: (each.agrees is None, each.agrees, each.pseudonym))


def _habits(votes: CountedVotes, rows: NDArray[np.intp], same: int, compared: int) -> RaterHabits:
    step, seconds = STEP[votes.outcome[rows]], np.sort(votes.seconds[rows])
    decided = int((step != 0).sum())
    return RaterHabits(
        pseudonym=votes.people[int(votes.rater[rows[0]])].pseudonym,
        votes=len(rows),
        agrees=same / compared if compared else None,
        compared=compared,
        left_share=int((step > 0).sum()) / decided if decided else None,
        tie_share=1 - decided / len(rows),
        median_seconds=float(seconds[len(seconds) // 2]),
    )
