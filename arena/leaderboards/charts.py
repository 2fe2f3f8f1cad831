"""Where marks lie on a chart, in percent of its width, so that text keeps its size on a phone."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

MARGIN = 7.0  # percent left free at both ends, for marks and tick labels
STEPS = (1, 2, 5, 10)


@dataclass(frozen=True)
class Tick:
    value: float
    x: str


@dataclass(frozen=True)
class Whisker:
    """A dot with its interval; ``left`` and ``right`` are equal to ``x`` where there is none."""

    x: str
    left: str
    right: str


@dataclass(frozen=True)
class Axis:
    low: float
    high: float
    ticks: tuple[Tick, ...]

    def x(self, value: float) -> str:
        return _x(value, self.low, self.high)

    def whisker(self, value: float, lower: float | None, upper: float | None) -> Whisker:
        left = value if lower is None else lower
        right = value if upper is None else upper
        return Whisker(self.x(value), self.x(left), self.x(right))


def axis(values: Iterable[float | None], *, about: int = 4) -> Axis | None:
    """An axis with round ticks around all values; ``None`` if there are none."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    step = round_step((max(known) - min(known)) / about)
    low = math.floor(min(known) / step) * step
    high = max(math.ceil(max(known) / step) * step, low + step)
    count = round((high - low) / step)
    values_at = [low + i * step for i in range(count + 1)]
    return Axis(low, high, tuple(Tick(value, _x(value, low, high)) for value in values_at))


def round_step(rough: float) -> float:
    """The smallest 1, 2 or 5 times a power of ten that is not below ``rough``."""
    if rough <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return float(next(step * power for step in STEPS if step * power >= rough * 0.999))


def _x(value: float, low: float, high: float) -> str:
    share = (value - low) / (high - low)
    return f"{MARGIN + share * (100 - 2 * MARGIN):.2f}%"
