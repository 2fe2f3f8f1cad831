"""A leaderboard's result as the page prints it."""

from dataclasses import dataclass
from typing import Any

from arena.generations.models import Generation
from arena.leaderboards.board import NOT_STATED, OTHER
from arena.leaderboards.charts import Axis, Whisker, axis
from arena.leaderboards.text import rank_range
from arena.voting.counting import EXCLUSION_LABELS, Exclusion

Row = dict[str, Any]
ABSENT = "–"


@dataclass(frozen=True)
class Forest:
    """The rows of the board with the axes of its two charts."""

    rows: list[Row]
    rating: Axis | None
    harm: Axis | None


@dataclass(frozen=True)
class Cell:
    """Win share of the row's system over the column's; ``level`` is the share in tenths."""

    share: str
    votes: int
    level: int


def forest(result: dict[str, Any]) -> Forest:
    systems = result["systems"]
    rating = axis([s[key] for s in systems for key in ("rating", "lower", "upper")])
    # Harm starts at zero, and a single flag must not look like a flood.
    harm = axis([0.0, 0.1, *(s["harm"][key] for s in systems for key in ("rate", "upper"))])
    return Forest([_row(system, rating, harm) for system in systems], rating, harm)


def _row(system: dict[str, Any], rating: Axis | None, harm: Axis | None) -> Row:
    return system | {
        "rank": rank_range(system),
        "rating_text": number(system["rating"]),
        "interval_text": interval(system, number),
        "rating_mark": _mark(rating, system, "rating"),
        "harm_text": percent(system["harm"]["rate"]),
        "harm_interval_text": interval(system["harm"], percent),
        "harm_mark": _mark(harm, system["harm"], "rate"),
        "win_text": percent(system["win_share"]),
        "left_text": percent(system["left_share"]),
        "bad_text": percent(system["both_unacceptable_share"]),
        "reliability_text": percent(system["reliability"]["share"]),
        "failure_texts": [
            f"{n} {Generation.Failure(failure).label.lower()}"
            for failure, n in system["reliability"]["failures"].items()
        ],
    }


def _mark(scale: Axis | None, figures: dict[str, Any], key: str) -> Whisker | None:
    if scale is None or figures[key] is None:
        return None
    return scale.whisker(figures[key], figures["lower"], figures["upper"])


def matrix(result: dict[str, Any]) -> list[tuple[str, list[Cell | None]]]:
    """One row per system with votes, in the board's order: its win share over each other one."""
    names = [system["name"] for system in result["systems"] if system["votes"]]
    cells: dict[tuple[str, str], Cell] = {}
    for pair in result["pairs"]:
        undecided = pair["ties"] + pair["both_unacceptable"]
        share = (pair["wins_a"] + undecided / 2) / pair["votes"]
        cells[pair["a"], pair["b"]] = _cell(share, pair["votes"])
        cells[pair["b"], pair["a"]] = _cell(1 - share, pair["votes"])
    return [(name, [cells.get((name, other)) for other in names]) for name in names]


def _cell(share: float, votes: int) -> Cell:
    return Cell(percent(share), votes, round(10 * share))


def exclusion_texts(result: dict[str, Any]) -> list[str]:
    return [
        f"{n} {EXCLUSION_LABELS[Exclusion(reason)]}" for reason, n in result["excluded"].items()
    ]


def rater_texts(result: dict[str, Any]) -> list[str]:
    """ "specialty: 6 Cardiology, 3 other" for each kind of group that says something."""
    return [
        f"{kind}: " + ", ".join(f"{n} {name}" for name, n in groups.items())
        for kind, groups in result["rater_mix"].items()
        if not set(groups) <= {OTHER, NOT_STATED}
    ]


COEFFICIENTS = {
    "percent": ("Raw agreement", "share of pairs of raters who gave the same answer"),
    "krippendorff_alpha": ("Krippendorff’s α", "0 is chance, 1 is perfect; on who won"),
    "gwet_ac1": ("Gwet’s AC1", "like α, steadier when one answer is given most of the time"),
    "alpha_of_steps": ("Krippendorff’s α, five steps", "on who won and how clearly, ordered"),
}


def agreement_report(result: dict[str, Any]) -> dict[str, Any]:
    """One criterion of the agreement page; coefficients without an interval are left out."""
    found = result["agreement"]
    return {
        "criterion": result["instrument"]["criterion"],
        "comparisons": found["n_units"],
        "compared": found["n_units_compared"],
        "raters": found["n_raters"],
        "rows": [_coefficient(found[key], *texts) for key, texts in COEFFICIENTS.items()],
        "answers": _answers(found["prevalence"]),
        "again": _self_agreement(result.get("self_agreement", {})),
        "notes": [text.replace("units", "comparisons") for text in found["warnings"]],
    }


def _self_agreement(found: dict[str, Any]) -> dict[str, Any] | None:
    """``None`` where nobody was asked again, or in snapshots older than planned repeats."""
    if not found:
        return None
    one_side = found["left_both_times"] + found["right_both_times"]
    return found | {
        "text": percent(found["value"]),
        "interval": interval(found, percent) if found["lower"] is not None else "",
        "one_side": one_side,
    }


def _answers(prevalence: list[dict[str, Any]]) -> list[str]:
    shares = {each["category"]: each["share"] for each in prevalence}
    decided = shares.get("first", 0.0) + shares.get("second", 0.0)
    neither = {
        "about the same": shares.get("tie", 0.0),
        "both unacceptable": shares.get("both_unacceptable", 0.0),
    }
    texts = {"one output preferred": decided} | neither
    return [f"{text} {percent(share)}" for text, share in texts.items()]


def _coefficient(found: dict[str, Any], label: str, meaning: str) -> dict[str, Any]:
    known = found["value"] is not None and found["lower"] is not None
    return {
        "label": label,
        "meaning": meaning,
        "known": known,
        "value": signed(found["value"]) if known else ABSENT,
        "interval": interval(found, signed) if known else "",
        "reason": found["reason"],
    }


def number(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.0f}"


def signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def percent(value: float | None) -> str:
    return ABSENT if value is None else f"{100 * value:.0f}\u00a0%"


def interval(figures: dict[str, Any], text: Any) -> str:
    if figures["lower"] is None:
        return ""
    return f"{text(figures['lower'])} to {text(figures['upper'])}"
