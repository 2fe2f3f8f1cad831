"""What a still picture of a case is, and how many are made of it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

MOST_STILLS = 32
SIDE = 1024
"""Pixels of the longer side, where the source does not set it."""


@dataclass(frozen=True)
class Look:
    """How a system is shown what is no picture, as it was registered."""

    most: int = 12
    """Pictures of one case: slices, frames, fields, sheets."""
    plane: str = "axial"
    window: tuple[float, float] | None = None
    """Values of a volume shown black and white; ``None``: the case's own window."""
    microns: float = 1.0
    """Width of a pixel in the fields of a slide."""


@dataclass(frozen=True)
class Still:
    """One picture, and the sentence that is sent with it: what it shows of how much."""

    name: str
    said: str
    data: bytes
    width: int
    height: int
    media_type: str = "image/png"


class UnseenError(Exception):
    """A file that no picture can be made of here; says why."""


def still(name: str, said: str, picture: Image.Image) -> Still:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return Still(name, said, buffer.getvalue(), picture.width, picture.height)


def evenly(count: int, most: int) -> list[int]:
    """At most ``most`` of ``count`` places, the middles of equal stretches."""
    kept = min(count, most)
    return [int((2 * n + 1) * count / (2 * kept)) for n in range(kept)]


def fitted(picture: Image.Image, side: int = SIDE) -> Image.Image:
    """No longer than ``side``; never enlarged."""
    small = picture.copy()
    small.thumbnail((side, side))
    return small


def share(places: Sequence[int], count: int) -> str:
    """As in “ 3 of 40”, for sentences that must not hide how much is left out."""
    return "all of them" if len(places) == count else f"{len(places)} of {count}"
