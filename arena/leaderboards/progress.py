"""How far a study's board is from telling its systems apart."""

from dataclasses import dataclass
from typing import Any

from evaluation.planner import USUAL_DEFF, plan_study

WIN_SHARE = 0.6  # the difference a coordinator usually wants to see: 60 : 40
FEW = 10  # votes on a pair below which it deserves more


@dataclass(frozen=True)
class VotesNeeded:
    """``wanted`` votes tell systems apart that differ 60 : 40, at 80 % power."""

    votes: int
    wanted: int
    target: int
    raters: int
    raters_wanted: int
    thin: list[str]

    @property
    def more(self) -> int:
        return max(0, max(self.wanted, self.target) - self.votes)


def votes_needed(result: dict[str, Any], *, target: int) -> VotesNeeded:
    """From the newest board: its ties and number of systems, and the usual design effect."""
    votes, systems = result["n_votes"], len(result["systems"])
    undecided = result["outcomes"]["tie"] + result["outcomes"]["both_unacceptable"]
    plan = plan_study(
        max(systems, 2),
        WIN_SHARE,
        tie_share=min(undecided / votes, 0.9) if votes else 0.0,
        deff=USUAL_DEFF,
    )
    return VotesNeeded(
        votes=votes,
        wanted=plan.votes,
        target=target,
        raters=result["n_raters"],
        raters_wanted=plan.raters_minimum,
        thin=_thin_pairs(result),
    )


def _thin_pairs(result: dict[str, Any]) -> list[str]:
    """Pairs of systems in the running that have met seldom or never, fewest votes first."""
    met = {(pair["a"], pair["b"]): pair["votes"] for pair in result["pairs"]}
    names = sorted(
        row["name"]
        for row in result["systems"]
        if not (row["withdrawn"] or row["judged_elsewhere"])
    )
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    thin = sorted((met.get(pair, 0), pair) for pair in pairs if met.get(pair, 0) < FEW)
    return [f"{a} and {b}: {n}" for n, (a, b) in thin]
