"""A leaderboard as a pure function of votes and of facts about the study; nothing is read here.

The result is what ``python -m evaluation rate`` prints for the same votes, with more beside it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from arena.leaderboards.agreement import agreement_of
from arena.voting.counting import CountedVotes, VoteRow, side_of
from arena.voting.models import Outcome
from evaluation.comparisons import Comparisons
from evaluation.proportions import METHOD as HARM_METHOD
from evaluation.proportions import clustered_proportion
from evaluation.rating import rate
from evaluation.results import round_figures

SMALLEST_CELL = 5  # groups of fewer raters are shown as "other": they could be recognised
OTHER = "other"
NOT_STATED = "not stated"

PARAMETERS: Mapping[str, Any] = {
    "ties": "half",
    "interval": "two-way",
    "confidence": 0.95,
    "seed": 0,
}


@dataclass(frozen=True)
class SystemFacts:
    """A system of the study as the board needs it; ``failures`` counts generations by class."""

    label: str
    slug: str
    version: int
    withdrawn: bool = False
    held_elsewhere: bool = False
    answered: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class BoardFacts:
    """All that a board states besides votes. ``instrument`` is copied into the result."""

    study: str
    origin: str
    criterion: str
    instrument: Mapping[str, Any]
    case_source: str
    synthetic: bool
    systems: tuple[SystemFacts, ...]
    identical: int = 0
    """Comparisons not asked because both outputs are the same."""


def board(
    *, votes: CountedVotes, facts: BoardFacts, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """The JSON of a leaderboard; figures are rounded so that every processor gives the same."""
    rating = _rating(votes.counted, facts, parameters)
    played = _by_system(votes.counted)
    by_label = {system.label: system for system in facts.systems}
    result = rating | {
        "study": facts.study,
        "criterion": facts.criterion,
        "origin": facts.origin,
        "simulated": facts.origin == "simulated",
        "instrument": dict(facts.instrument),
        "last_vote": max((row.vote for row in votes.counted), default=0),
        "dates": _dates(votes.counted),
        "excluded": votes.excluded_counts,
        "outcomes": _outcomes(votes.counted),
        "rater_mix": _rater_mix(votes.counted),
        "case_source": facts.case_source,
        "synthetic_cases": facts.synthetic,
        "identical_outputs": facts.identical,
        "harm_method": HARM_METHOD,
        "pairs": _pairs(votes.counted),
        "agreement": agreement_of(votes.counted),
        "systems": [
            row
            | _beside(row["name"], played[row["name"]], parameters["confidence"])
            | _described(by_label.get(row["name"]))
            for row in rating["systems"]
        ],
    }
    rounded = round_figures(result)
    assert isinstance(rounded, dict)  # noqa: S101 - round_figures keeps the type
    return rounded


def comparisons_of(rows: Iterable[VoteRow]) -> Comparisons:
    """The rows for ``evaluation``: left is model_a; five steps count as win, tie or loss."""
    rows = list(rows)
    return Comparisons.from_labels(
        [row.left for row in rows],
        [row.right for row in rows],
        [row.outcome for row in rows],
        rater=[row.pseudonym for row in rows],
        case=[row.case for row in rows],
    )


def _rating(
    rows: list[VoteRow], facts: BoardFacts, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    if rows:
        result = rate(comparisons_of(rows), **parameters).to_dict()
    else:
        result = {
            "method": "",
            "parameters": dict(parameters),
            "n_votes": 0,
            "n_raters": 0,
            "n_cases": 0,
            "components": [],
            "warnings": ["no vote counts yet, so nobody has a rating"],
            "systems": [],
        }
    result["warnings"] += _too_few(result)
    rated = {system["name"] for system in result["systems"]}
    result["systems"] += [
        {"name": system.label, "votes": 0, **dict.fromkeys(UNRATED)}
        for system in sorted(facts.systems, key=lambda system: system.label)
        if system.label not in rated
    ]
    return result


def _too_few(result: dict[str, Any]) -> list[str]:
    """Said here where ``rate`` had no scale on which to say it."""
    said = any("too few" in warning for warning in result["warnings"])
    raters, votes = result["n_raters"], result["n_votes"]
    if said or not votes or raters >= SMALLEST_CELL:
        return []
    return [f"too few raters for inference: {raters} of at least {SMALLEST_CELL}"]


UNRATED = ("log_strength", "share", "rating", "se", "lower", "upper", "rank_low", "rank_high")


def _by_system(rows: list[VoteRow]) -> defaultdict[str, list[VoteRow]]:
    played: defaultdict[str, list[VoteRow]] = defaultdict(list)
    for row in rows:
        played[row.left].append(row)
        played[row.right].append(row)
    return played


def _beside(name: str, own: list[VoteRow], confidence: float) -> dict[str, Any]:
    """What stands beside the rating of one system; ``own``: the votes it took part in."""
    n = len(own)
    wins = sum(row.winner == name for row in own)
    losses = sum(row.winner not in (None, name) for row in own)
    bad = sum(row.outcome == Outcome.BOTH_UNACCEPTABLE for row in own)
    return {
        "wins": wins,
        "losses": losses,
        "ties": n - wins - losses - bad,
        "both_unacceptable": bad,
        "both_unacceptable_share": bad / n if n else None,
        "win_share": (wins + (n - wins - losses) / 2) / n if n else None,
        "left_share": sum(row.left == name for row in own) / n if n else None,
        "n_raters": len({row.rater for row in own}),
        "n_cases": len({row.case for row in own}),
        "harm": _harm(name, own, confidence),
    }


def _described(facts: SystemFacts | None) -> dict[str, Any]:
    return {
        "reliability": _reliability(facts),
        "system": facts.slug if facts else "",
        "version": facts.version if facts else None,
        "withdrawn": bool(facts and facts.withdrawn),
        "judged_elsewhere": bool(facts and facts.held_elsewhere),
    }


def _harm(name: str, rows: list[VoteRow], confidence: float) -> dict[str, Any]:
    """How often raters flagged the system's output as unsafe, out of how often they saw it."""
    seen: Counter[int] = Counter(row.rater for row in rows)
    flagged: Counter[int] = Counter()
    severe = 0
    for row in rows:
        flag = row.flags.get(side_of(row, name))
        if flag and flag.unsafe:
            flagged[row.rater] += 1
            severe += flag.extent == "severe"
    counts = {"shown": len(rows), "flagged": flagged.total(), "severe": severe}
    if not rows:
        return counts | {"rate": None, "lower": None, "upper": None}
    raters = sorted(seen)
    share = clustered_proportion(
        np.array([flagged[rater] for rater in raters]),
        np.array([seen[rater] for rater in raters]),
        confidence=confidence,
    )
    return counts | {"rate": share.value, "lower": share.lower, "upper": share.upper}


def _reliability(facts: SystemFacts | None) -> dict[str, Any]:
    """Of the cases that ended, how many the system answered; a failure is an outcome."""
    if facts is None:
        return {"ended": 0, "answered": 0, "failures": {}, "share": None}
    failures = dict(sorted(facts.failures.items()))
    ended = facts.answered + sum(failures.values())
    share = facts.answered / ended if ended else None
    return {"ended": ended, "answered": facts.answered, "failures": failures, "share": share}


def _outcomes(rows: list[VoteRow]) -> dict[str, Any]:
    counts = Counter(row.outcome for row in rows)
    bad = counts[Outcome.BOTH_UNACCEPTABLE]
    return {
        **{outcome.value: counts[outcome] for outcome in Outcome},
        "both_unacceptable_share": bad / len(rows) if rows else None,
    }


def _pairs(rows: list[VoteRow]) -> list[dict[str, Any]]:
    """Raw counts of each pair that met, ``a`` before ``b`` in the alphabet."""
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        a, b = sorted((row.left, row.right))
        bad = row.outcome == Outcome.BOTH_UNACCEPTABLE
        kind = {a: "wins_a", b: "wins_b"}.get(row.winner or "", "tie")
        counts[a, b]["both_unacceptable" if bad else kind] += 1
    return [
        {
            "a": a,
            "b": b,
            "votes": found.total(),
            "wins_a": found["wins_a"],
            "wins_b": found["wins_b"],
            "ties": found["tie"],
            "both_unacceptable": found["both_unacceptable"],
        }
        for (a, b), found in sorted(counts.items())
    ]


def _dates(rows: list[VoteRow]) -> dict[str, str | None]:
    days = [row.cast_at.date().isoformat() for row in rows]
    return {"first": min(days, default=None), "last": max(days, default=None)}


def _rater_mix(rows: list[VoteRow]) -> dict[str, dict[str, int]]:
    raters = {row.rater: row for row in rows}.values()
    return {
        "profession": small_cells_merged(row.profession for row in raters),
        "specialty": small_cells_merged(row.specialty for row in raters),
    }


def small_cells_merged(values: Iterable[str]) -> dict[str, int]:
    """Counts by value, largest first; those under five raters are added up as "other"."""
    counts = Counter(value or NOT_STATED for value in values)
    shown = {value: n for value, n in counts.items() if n >= SMALLEST_CELL}
    rest = counts.total() - sum(shown.values())
    ordered = dict(sorted(shown.items(), key=lambda item: (-item[1], item[0])))
    return ordered | ({OTHER: rest} if rest else {})
