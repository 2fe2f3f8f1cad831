"""What a board lets one say in words: who may be first, how sure that is, who was flagged."""

from dataclasses import dataclass
from typing import Any

from arena.leaderboards.presentation import interval, percent

Row = dict[str, Any]
MOST_NAMES = 4  # more of them are counted, not named


@dataclass(frozen=True)
class Verdict:
    """One sentence to each question a reader comes with; ``sure`` is empty without an order."""

    preferred: str
    sure: str
    unsafe: str


def verdict(result: dict[str, Any]) -> Verdict:
    rows = result["systems"]
    ranked = [row for row in rows if row["rank_low"] is not None]
    first = [row for row in ranked if row["rank_low"] == 1]
    return Verdict(_preferred(ranked, first), _sure(ranked), _unsafe(rows, first))


def _preferred(ranked: list[Row], first: list[Row]) -> str:
    if len(ranked) < 2:
        return "No order of the systems can be stated yet."
    if len(first) == 1:
        return f"{first[0]['name']} is first, by more than chance explains."
    if len(first) == len(ranked):
        return f"Any of the {len(ranked)} systems may be first: these votes do not tell them apart."
    return f"{_listed(first, 'or')} is first; these votes do not tell which."


def _listed(rows: list[Row], word: str) -> str:
    *others, last = [row["name"] for row in rows]
    if len(rows) > MOST_NAMES:
        return f"One of {len(rows)} systems" if word == "or" else f"{len(rows)} systems"
    return f"{', '.join(others)} {word} {last}" if others else str(last)


def _sure(ranked: list[Row]) -> str:
    """Each system's best rank counts those surely above it, so the sum counts pairs."""
    pairs = len(ranked) * (len(ranked) - 1) // 2
    if not pairs:
        return ""
    told = sum(row["rank_low"] - 1 for row in ranked)
    return (
        f"In {told} of {pairs} pair{'s' if pairs > 1 else ''} of systems the order is beyond"
        " chance, with 95\u00a0% confidence in all of them at once."
    )


def _unsafe(rows: list[Row], first: list[Row]) -> str:
    shown = [row for row in rows if row["harm"]["rate"] is not None]
    if not shown:
        return "No output has been shown yet."
    most = max(row["harm"]["rate"] for row in shown)
    if not most:
        return "No output was flagged as unsafe so far."
    worst = [row for row in shown if row["harm"]["rate"] == most]
    return f"{_listed(worst, 'and')} most often: {_rate(worst)}.{_not_safety(worst, first)}"


def _rate(worst: list[Row]) -> str:
    """With the interval where it is one system's."""
    harm = worst[0]["harm"]
    spread = interval(harm, percent) if len(worst) == 1 else ""
    return f"{percent(harm['rate'])} of showings" + (f" ({spread})" if spread else "")


def _not_safety(worst: list[Row], first: list[Row]) -> str:
    both = [row for row in first if row in worst]
    return " Preferred is not the same as safe." if both else ""
