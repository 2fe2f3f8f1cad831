"""A leaderboard as a pure function of votes and of facts about the study; nothing is read here.

The result is what ``python -m evaluation rate`` prints for the same votes, with more beside it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.leaderboards.agreement import agreement_of, self_agreement_of
from arena.leaderboards.counted import CountedVotes
from arena.voting.columns import EXTENTS, OUTCOMES
from arena.voting.models import Outcome, SafetyFlag
from evaluation.comparisons import LABELS, Comparisons
from evaluation.comparisons import Outcome as Side
from evaluation.proportions import METHOD as HARM_METHOD
from evaluation.proportions import clustered_proportion
from evaluation.rating import rate
from evaluation.results import round_figures

SMALLEST_CELL = 5  # groups of fewer raters are shown as "other": they could be recognised
OTHER = "other"
NOT_STATED = "not stated"

WINS = np.array([LABELS[outcome][0] for outcome in OUTCOMES])
BOTH_UNACCEPTABLE = OUTCOMES.index(Outcome.BOTH_UNACCEPTABLE)
UNSAFE = np.array([extent not in ("", SafetyFlag.Extent.NONE) for extent in EXTENTS])
SEVERE = EXTENTS.index(SafetyFlag.Extent.SEVERE)
Rows = NDArray[np.bool_]

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
    *,
    votes: CountedVotes,
    with_repeats: CountedVotes,
    facts: BoardFacts,
    parameters: Mapping[str, Any],
) -> dict[str, Any]:
    """The JSON of a leaderboard; figures are rounded so that every processor gives the same.

    ``with_repeats`` holds ``votes`` and the planned repeats, which serve self-agreement alone.
    """
    rating = _rating(votes, facts, parameters)
    by_label = {system.label: system for system in facts.systems}
    place = {name: i for i, name in enumerate(votes.names)}
    result = rating | {
        "study": facts.study,
        "criterion": facts.criterion,
        "origin": facts.origin,
        "simulated": facts.origin == "simulated",
        "instrument": dict(facts.instrument),
        "last_vote": int(votes.vote.max(initial=0)),
        "dates": _dates(votes),
        "excluded": dict(votes.excluded),
        "outcomes": _outcomes(votes),
        "rater_mix": _rater_mix(votes),
        "case_source": facts.case_source,
        "synthetic_cases": facts.synthetic,
        "harm_method": HARM_METHOD,
        "identical_outputs": facts.identical,
        "pairs": _pairs(votes),
        "agreement": agreement_of(votes),
        "self_agreement": self_agreement_of(with_repeats, confidence=parameters["confidence"]),
        "systems": [
            row
            | _beside(votes, place.get(row["name"], -1), parameters["confidence"])
            | _described(by_label.get(row["name"]))
            for row in rating["systems"]
        ],
    }
    rounded = round_figures(result)
    assert isinstance(rounded, dict)  # noqa: S101 - round_figures keeps the type
    return rounded


def comparisons_of(votes: CountedVotes) -> Comparisons:
    """The votes for ``evaluation``: left is model_a; five steps count as win, tie or loss."""
    return Comparisons(
        votes.names,
        votes.left,
        votes.right,
        WINS[votes.outcome],
        rater=votes.rater,
        case=votes.case,
    )


def _rating(
    votes: CountedVotes, facts: BoardFacts, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    if len(votes):
        result = rate(comparisons_of(votes), **parameters).to_dict()
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


def _beside(votes: CountedVotes, system: int, confidence: float) -> dict[str, Any]:
    """What stands beside the rating of one system, by its position in the votes' names."""
    as_left, as_right = votes.left == system, votes.right == system
    own = as_left | as_right
    side, outcome = WINS[votes.outcome], votes.outcome[own]
    n = int(own.sum())
    wins = int((side[as_left] == Side.MODEL_A).sum() + (side[as_right] == Side.MODEL_B).sum())
    losses = int((side[as_left] == Side.MODEL_B).sum() + (side[as_right] == Side.MODEL_A).sum())
    bad = int((outcome == BOTH_UNACCEPTABLE).sum())
    return {
        "wins": wins,
        "losses": losses,
        "ties": n - wins - losses - bad,
        "both_unacceptable": bad,
        "both_unacceptable_share": bad / n if n else None,
        "win_share": (wins + (n - wins - losses) / 2) / n if n else None,
        "left_share": int(as_left.sum()) / n if n else None,
        "n_raters": len(np.unique(votes.rater[own])),
        "n_cases": len(np.unique(votes.case[own])),
        "harm": _harm(votes, as_left, as_right, confidence),
    }


def _described(facts: SystemFacts | None) -> dict[str, Any]:
    return {
        "reliability": _reliability(facts),
        "system": facts.slug if facts else "",
        "version": facts.version if facts else None,
        "withdrawn": bool(facts and facts.withdrawn),
        "judged_elsewhere": bool(facts and facts.held_elsewhere),
    }


def _harm(votes: CountedVotes, as_left: Rows, as_right: Rows, confidence: float) -> dict[str, Any]:
    """How often raters flagged the system's output as unsafe, out of how often they saw it."""
    flag = np.concatenate([votes.left_flag[as_left], votes.right_flag[as_right]])
    raters, rater = np.unique(
        np.concatenate([votes.rater[as_left], votes.rater[as_right]]), return_inverse=True
    )
    unsafe, severe = UNSAFE[flag], int((flag == SEVERE).sum())
    counts = {"shown": len(flag), "flagged": int(unsafe.sum()), "severe": severe}
    if not len(flag):
        return counts | {"rate": None, "lower": None, "upper": None}
    share = clustered_proportion(
        np.bincount(rater[unsafe], minlength=len(raters)),
        np.bincount(rater, minlength=len(raters)),
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


def _outcomes(votes: CountedVotes) -> dict[str, Any]:
    counts = np.bincount(votes.outcome, minlength=len(OUTCOMES)).tolist()
    share = counts[BOTH_UNACCEPTABLE] / len(votes) if len(votes) else None
    return dict(zip(OUTCOMES, counts, strict=True)) | {"both_unacceptable_share": share}


def _pairs(votes: CountedVotes) -> list[dict[str, Any]]:
    """Raw counts of each pair that met, ``a`` before ``b`` in the alphabet."""
    k, names = len(votes.names), votes.names
    table = np.zeros((k, k, len(OUTCOMES)), np.int64)
    np.add.at(table, (votes.left, votes.right, votes.outcome), 1)
    bad = table[:, :, BOTH_UNACCEPTABLE]
    won, tied, lost = (
        table[:, :, [i for i in range(len(OUTCOMES)) if WINS[i] == side]].sum(2)
        for side in (Side.MODEL_A, Side.TIE, Side.MODEL_B)
    )
    return [
        {
            "a": names[a],
            "b": names[b],
            "votes": int(table[a, b].sum() + table[b, a].sum()),
            "wins_a": int(won[a, b] + lost[b, a]),
            "wins_b": int(lost[a, b] + won[b, a]),
            "ties": int(tied[a, b] + tied[b, a]),
            "both_unacceptable": int(bad[a, b] + bad[b, a]),
        }
        for a, b in zip(*np.triu_indices(k, 1), strict=True)
        if table[a, b].any() or table[b, a].any()
    ]


def _dates(votes: CountedVotes) -> dict[str, str | None]:
    if not len(votes):
        return {"first": None, "last": None}
    return {"first": _day(votes.cast_at.min()), "last": _day(votes.cast_at.max())}


def _day(microseconds: np.int64) -> str:
    return datetime.fromtimestamp(int(microseconds) // 1_000_000, UTC).date().isoformat()


def _rater_mix(votes: CountedVotes) -> dict[str, dict[str, int]]:
    raters = [votes.people[pk] for pk in np.unique(votes.rater).tolist()]
    return {
        "profession": small_cells_merged(rater.profession for rater in raters),
        "specialty": small_cells_merged(rater.specialty for rater in raters),
    }


def small_cells_merged(values: Iterable[str]) -> dict[str, int]:
    """Counts by value, largest first; those under five raters are added up as "other"."""
    counts = Counter(value or NOT_STATED for value in values)
    shown = {value: n for value, n in counts.items() if n >= SMALLEST_CELL}
    rest = counts.total() - sum(shown.values())
    ordered = dict(sorted(shown.items(), key=lambda item: (-item[1], item[0])))
    return ordered | ({OTHER: rest} if rest else {})
