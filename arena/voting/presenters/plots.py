"""Curves as SVG, on axes that hold both sides: x in percent, curves in a square of 1000 units.

Text and curves are apart, so that text keeps its size however narrow the pane is.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from arena.voting.presenters.scales import nice_ticks

SQUARE = 1000
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Axis:
    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)


def axis(values: Iterable[float], *, least: float | None = None, about: int = 5) -> Axis:
    """An axis with round ends around all values, and around ``least`` where that is given."""
    known = [*values, *([] if least is None else [least])]
    ticks = nice_ticks(min(known), max(known), about)
    return Axis(ticks[0], ticks[-1], tuple(ticks))


def labels(x: Axis, y: Axis, *, percent: bool = False) -> dict[str, Any]:
    """Where ticks lie and what stands there; y counts from the top, and may be shares."""
    times, unit = (100, " %") if percent else (1, "")
    return {
        "x_ticks": [{"at": at(x.share(tick)), "text": f"{tick:g}"} for tick in x.ticks],
        "y_ticks": [
            {"at": at(1 - y.share(tick)), "text": f"{times * tick:g}{unit}"} for tick in y.ticks
        ],
    }


def at(share: float) -> str:
    """A place as an attribute of SVG."""
    return f"{100 * share:.2f}%"


def line(points: Points, x: Axis, y: Axis) -> str:
    """An SVG path from point to point."""
    return "M" + "L".join(_place(point, x, y) for point in points)


def stepped(points: Points) -> Points:
    """The corners of a curve that keeps its height until the next point."""
    corners = [points[0]]
    for (_, before), (time, height) in itertools.pairwise(points):
        corners += [(time, before), (time, height)]
    return corners


def band(lower: Points, upper: Points, x: Axis, y: Axis) -> str:
    """The area between two lines."""
    return f"{line(lower, x, y)}L{line(upper[::-1], x, y)[1:]}z"


def _place(point: tuple[float, float], x: Axis, y: Axis) -> str:
    return f"{SQUARE * x.share(point[0]):.1f} {SQUARE - SQUARE * y.share(point[1]):.1f}"
