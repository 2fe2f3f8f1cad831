"""How far raters coincide: between them on the same comparison, and each with the others."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from arena.voting.counting import VoteRow
from arena.voting.models import Outcome
from evaluation.agreement import agree

# Five steps as distances; "both unacceptable" prefers neither, so it lies in the middle.
STEPS = {
    Outcome.LEFT_STRONGLY: 2,
    Outcome.LEFT_SLIGHTLY: 1,
    Outcome.TIE: 0,
    Outcome.BOTH_UNACCEPTABLE: 0,
    Outcome.RIGHT_SLIGHTLY: -1,
    Outcome.RIGHT_STRONGLY: -2,
}
NEITHER = {Outcome.TIE: "tie", Outcome.BOTH_UNACCEPTABLE: "both_unacceptable"}


def agreement_of(rows: list[VoteRow]) -> dict[str, Any]:
    """Agreement on who won (four answers), and on how clearly (five ordered steps).

    The unit is a comparison: one pair of outputs for one case. Which side was left does not
    matter. Intervals are bootstraps over comparisons.
    """
    if not rows:
        return {}
    units = [row.comparison for row in rows]
    raters = [row.pseudonym for row in rows]
    winner = agree(
        units,
        raters,
        [answer(row) for row in rows],
        coefficients=("percent", "krippendorff_alpha", "gwet_ac1"),
    ).to_dict()
    steps = agree(
        units,
        raters,
        [_step(row) for row in rows],
        level="ordinal",
        coefficients=("krippendorff_alpha",),
    ).to_dict()
    return winner | {"alpha_of_steps": steps["krippendorff_alpha"]}


def answer(row: VoteRow) -> str:
    """The answer free of sides: first or second system of the alphabet, tie, or both bad."""
    if row.winner is None:
        return NEITHER[Outcome(row.outcome)]
    return "first" if row.winner == min(row.left, row.right) else "second"


def _step(row: VoteRow) -> int:
    step = STEPS[Outcome(row.outcome)]
    return step if row.left < row.right else -step


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


def rater_habits(rows: list[VoteRow]) -> list[RaterHabits]:
    """Every rater, those who agree least with others first."""
    answers: defaultdict[int, Counter[str]] = defaultdict(Counter)
    by_rater: defaultdict[str, list[VoteRow]] = defaultdict(list)
    for row in rows:
        answers[row.comparison][answer(row)] += 1
        by_rater[row.pseudonym].append(row)
    habits = [_habits(name, own, answers) for name, own in by_rater.items()]
    return sorted(habits, key=lambda each: (each.agrees is None, each.agrees, each.pseudonym))


def _habits(name: str, own: list[VoteRow], answers: dict[int, Counter[str]]) -> RaterHabits:
    same = sum(answers[row.comparison][answer(row)] - 1 for row in own)
    compared = sum(answers[row.comparison].total() - 1 for row in own)
    decided = [row for row in own if row.winner]
    left = sum(row.winner == row.left for row in decided)
    seconds = sorted(row.seconds for row in own)
    return RaterHabits(
        pseudonym=name,
        votes=len(own),
        agrees=same / compared if compared else None,
        compared=compared,
        left_share=left / len(decided) if decided else None,
        tie_share=1 - len(decided) / len(own),
        median_seconds=seconds[len(seconds) // 2],
    )
