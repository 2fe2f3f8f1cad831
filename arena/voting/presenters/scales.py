"""One scale for both sides: the same colours and the same axis mean the same number on each."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from arena.voting.presenters.base import Shown
from arena.voting.presenters.palette import hex_of
from evaluation.kinds.base import Record
from evaluation.kinds.grids import Grid

STOPS = 8


def both(shown: Shown) -> list[Record]:
    """The records whose numbers a scale must hold: this side's, and the other's if it is valid."""
    return [shown.record, *([shown.other] if shown.other else [])]


def legend(low: float, high: float) -> dict[str, Any]:
    """A bar of colours from ``low`` to ``high``, for a gradient in SVG."""
    stops = [{"at": f"{100 * i / STOPS:g}%", "colour": hex_of(i / STOPS)} for i in range(STOPS + 1)]
    return {"low": low, "high": high, "stops": stops}


def zones(grid: Grid) -> list[list[Grid]]:
    """The nine parts of a grid, three rows of three."""
    return [np.array_split(rows, 3, axis=1) for rows in np.array_split(grid, 3)]


def nice_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from at or below ``low`` to at or above ``high``, evenly apart."""
    if high <= low:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def extremes(values: Iterable[Sequence[float]]) -> tuple[float, float]:
    """The least and the greatest of all numbers."""
    flat = [value for part in values for value in part]
    return min(flat), max(flat)
