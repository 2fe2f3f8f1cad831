"""Measurements over time, one row a channel, on one axis of real time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.translation import pgettext
from numpy.typing import NDArray

from arena.core.figures import written
from arena.studies.drawings.svg import document, text, thinned, trace

WIDTH, ROW, LEFT, RIGHT, TOP, FOOT = 520.0, 104.0, 56.0, 14.0, 8.0, 28.0
MOST_DOTS = 120
"""Of a channel with no more numbers each is a dot; beyond that the line is enough."""
GAP = 6.0
"""Times the usual step: across a longer pause nothing is drawn."""
STEPS = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30),
    *(60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200),
    *(86400, 172800, 432000, 604800, 1209600, 2592000, 7776000, 31536000),
)


@dataclass(frozen=True)
class Row:
    """A channel: its name, the range of its axis, times in seconds and values."""

    name: str
    low: float
    high: float
    times: NDArray[np.float64]
    values: NDArray[np.float64]


def height(rows: int) -> float:
    return TOP + rows * ROW + FOOT


def seconds_per_unit(begin: float, end: float) -> float:
    """How much time a unit of the picture is across."""
    return (end - begin) / (WIDTH - LEFT - RIGHT)


def chart(rows: Sequence[Row], begin: float, end: float) -> bytes:
    """All rows from ``begin`` to ``end`` seconds, as SVG."""
    tall = height(len(rows))
    names = ", ".join(row.name for row in rows)
    parts = [f'<rect width="{WIDTH:g}" height="{tall:g}" fill="#fff"/>']
    ticks = time_ticks(begin, end)
    for tick in ticks:
        x = _x(tick, begin, end)
        parts.append(f'<path d="M{x:g} {TOP:g}V{tall - FOOT:g}" stroke="#e3e7eb"/>')
        parts.append(text(x, tall - 9, time_text(tick), size=12, anchor="middle"))
    for place, row in enumerate(rows):
        parts += _row(row, TOP + place * ROW, begin, end)
    return document(WIDTH, tall, f"{names} over {time_text(end - begin)}", parts)


def axis_range(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Round ends of an axis around all values, and the step of its lines."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if high == low:
        low, high = low - 1, high + 1
    step = _round_step((high - low) / 3)
    return math.floor(low / step) * step, math.ceil(high / step) * step, step


def time_ticks(begin: float, end: float) -> list[float]:
    """Six or so round times from ``begin`` to ``end``."""
    span = max(end - begin, 1e-9)
    step = next((step for step in STEPS if span / step <= 8), STEPS[-1])
    first = math.ceil(begin / step - 1e-9)
    return [k * step for k in range(first, first + 10) if k * step <= end + 1e-9]


def time_text(seconds: float) -> str:
    """In the unit a person would use: 0.2 s, 90 s, 5 min, 3 h, 2 d."""
    if seconds == 0:
        return "0"
    for size, unit in ((86400, pgettext("days", "d")), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or (seconds >= size and seconds % size == 0):
            return f"{written(f'{seconds / size:.4g}')} {unit}"
    return f"{written(f'{seconds:.4g}')} s"


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.999))


def _x(time: float, begin: float, end: float) -> float:
    return LEFT + (time - begin) / max(end - begin, 1e-9) * (WIDTH - LEFT - RIGHT)


def _row(row: Row, top: float, begin: float, end: float) -> list[str]:
    low, high, step = axis_range(np.array([row.low, row.high]))
    foot, inner = top + ROW - 10, ROW - 34

    def y(value: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(foot - (value - low) / (high - low) * inner)

    parts = []
    for k in range(round((high - low) / step) + 1):
        line = float(y(np.array(low + k * step)))
        parts.append(f'<path d="M{LEFT:g} {line:g}H{WIDTH - RIGHT:g}" stroke="#e3e7eb"/>')
        label = written(f"{low + k * step:.6g}")
        parts.append(text(LEFT - 6, line + 4, label, size=11, anchor="end"))
    parts.append(text(LEFT, top + 13, row.name, size=13))
    return [*parts, *_line(row, y(row.values), begin, end)]


def _line(row: Row, up: NDArray[np.float64], begin: float, end: float) -> list[str]:
    """The line breaks at long pauses; few numbers are dots as well."""
    inside = (row.times >= begin - 1e-9) & (row.times <= end + 1e-9) & np.isfinite(up)
    times, up = row.times[inside], up[inside]
    if not times.size:
        return []
    across = LEFT + (times - begin) / max(end - begin, 1e-9) * (WIDTH - LEFT - RIGHT)
    dots = [f'<circle cx="{x:.2f}" cy="{y:.2f}" r="2"/>' for x, y in zip(across, up, strict=True)]
    x, y = thinned(*_paused(times, across, up), 4 * int(WIDTH))
    shown = dots if times.size <= MOST_DOTS else []
    return [trace(x, y, width=1.2), *shown]


def _paused(
    times: NDArray[np.float64], across: NDArray[np.float64], up: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    steps = np.diff(times)
    usual = float(np.median(steps)) if steps.size else 0.0
    pauses = np.flatnonzero(steps > GAP * usual) + 1 if usual > 0 else np.array([], dtype=int)
    return np.insert(across, pauses, across[pauses]), np.insert(up, pauses, np.nan)
