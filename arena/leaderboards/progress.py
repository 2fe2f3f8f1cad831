"""How far a study's board is from telling its systems apart."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from evaluation.planner import USUAL_DEFF, plan_study

WIN_SHARE = 0.6  # the difference a coordinator usually wants to see: 60 : 40
FEW = 10  # votes on a pair below which it deserves more
MOST_PAIRS = 5  # told at once; the others, system by system
MOST_OTHERS = 4  # of one system


@dataclass(frozen=True)
class ThinPair:
    """Two systems in the running that have met seldom or never."""

    votes: int
    a: str
    b: str


@dataclass(frozen=True)
class ThinSystem:
    """A system and those it has met seldom, fewest votes first."""

    name: str
    of: int
    """How many others there are."""
    others: list[tuple[str, int]]

    @property
    def told(self) -> list[tuple[str, int]]:
        return self.others[:MOST_OTHERS]

    @property
    def more(self) -> int:
        return len(self.others) - len(self.told)


@dataclass(frozen=True)
class PairsMet:
    """How many pairs of systems in the running there are, and those with fewer than ``few``."""

    of: int
    thin: list[ThinPair]
    """Fewest votes first."""
    systems: list[ThinSystem]
    """Those with most such pairs first."""
    few: int = FEW

    @property
    def never(self) -> int:
        return sum(not pair.votes for pair in self.thin)

    @property
    def fewest(self) -> list[ThinPair]:
        return self.thin[:MOST_PAIRS]


@dataclass(frozen=True)
class VotesNeeded:
    """``wanted`` votes tell systems apart that differ 60 : 40, at 80 % power."""

    votes: int
    wanted: int
    target: int
    raters: int
    raters_wanted: int
    pairs: PairsMet

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
        pairs=_pairs_met(result),
    )


def _pairs_met(result: dict[str, Any]) -> PairsMet:
    met = {frozenset((pair["a"], pair["b"])): pair["votes"] for pair in result["pairs"]}
    names = sorted(
        row["name"]
        for row in result["systems"]
        if not (row["withdrawn"] or row["judged_elsewhere"])
    )
    pairs = [ThinPair(met.get(frozenset(pair), 0), *pair) for pair in combinations(names, 2)]
    thin = sorted(
        (pair for pair in pairs if pair.votes < FEW), key=lambda pair: (pair.votes, pair.a, pair.b)
    )
    return PairsMet(len(pairs), thin, _by_system(thin, of=len(names) - 1))


def _by_system(thin: list[ThinPair], *, of: int) -> list[ThinSystem]:
    others: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for pair in thin:
        others[pair.a].append((pair.b, pair.votes))
        others[pair.b].append((pair.a, pair.votes))
    systems = [ThinSystem(name, of, found) for name, found in others.items()]
    return sorted(systems, key=lambda system: (-len(system.others), system.name))
