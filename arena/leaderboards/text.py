"""A leaderboard as plain text, for the command line."""

from typing import Any

HEADER = ("system", "votes", "rating", "lower", "upper", "rank", "win share", "unsafe")


def board_as_text(result: dict[str, Any]) -> str:
    """A title, one aligned line per system, and every warning."""
    mark = "SIMULATED votes, not clinicians: " if result["simulated"] else ""
    title = (
        f"{mark}{result['study']}, {result['instrument']['criterion']}, "
        f"{result['n_votes']} {result['origin']} votes, "
        f"{result['n_raters']} raters, {result['n_cases']} cases"
    )
    notes = [f"! {warning}" for warning in result["warnings"]]
    return "\n".join([title, result["method"], "", *_table(result["systems"]), *notes])


def _table(systems: list[dict[str, Any]]) -> list[str]:
    cells = [list(HEADER), *[_cells(system) for system in systems]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(HEADER))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]


def _cells(system: dict[str, Any]) -> list[str]:
    points = [_number(system[key]) for key in ("rating", "lower", "upper")]
    shares = [_percent(system["win_share"]), _percent(system["harm"]["rate"])]
    return [system["name"], str(system["votes"]), *points, rank_range(system), *shares]


def rank_range(system: dict[str, Any]) -> str:
    low, high = system["rank_low"], system["rank_high"]
    if low is None:
        return "–"
    return str(low) if low == high else f"{low}–{high}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
