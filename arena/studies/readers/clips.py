"""What a clip of moving pictures is, and how large it may be."""

from collections.abc import Sequence
from dataclasses import dataclass

from arena.core.errors import RowError

CLIP = "clip"
MOST_FRAMES = 20_000
MOST_SECONDS = 600
MOST_SIDE = 4096
STEADY = 0.04
"""Seconds of a frame of which nothing is said: 25 frames a second."""


@dataclass(frozen=True)
class Frame:
    time: float
    """Seconds from the beginning of the clip."""
    key: bool
    """Whether it can be shown without the frames before it."""
    data: bytes


@dataclass(frozen=True)
class Clip:
    codec: str
    """As WebM names it: V_VP8 or V_VP9."""
    width: int
    height: int
    frames: tuple[Frame, ...]
    seconds: float


def clip_length(times: Sequence[float]) -> float:
    """Seconds of a clip whose frames begin at these; the last stays as long as others do."""
    if len(times) < 2:
        return STEADY
    return max(times) + (max(times) - min(times)) / (len(times) - 1)


def clip_meta(*, width: int, height: int, seconds: float, frames: int) -> dict[str, float]:
    return {"width": width, "height": height, "seconds": round(seconds, 3), "frames": frames}


def check_clip(name: str, *, width: int, height: int, frames: int, seconds: float) -> None:
    """That a clip has a size, a length and a number of frames that a page can show."""
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE):
        raise RowError(f"has frames of {width} x {height} pixels; at most {MOST_SIDE} fit", name)
    if not 0 < frames <= MOST_FRAMES:
        raise RowError(f"has {frames:,} frames; there must be 1 to {MOST_FRAMES:,}", name)
    if not 0 < seconds <= MOST_SECONDS:
        raise RowError(f"lasts {seconds:.1f} seconds; at most {MOST_SECONDS} fit", name)
