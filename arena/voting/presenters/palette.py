"""Colours of marks over an image, and of numbers spread over it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

PALETTE = (
    *((0, 229, 255), (198, 255, 0), (255, 64, 255), (255, 234, 0)),
    *((64, 128, 255), (0, 255, 144), (255, 255, 255)),
)
"""Colours no tissue has, stained or in grey; names stand beside. figures.css has the same."""

ANCHORS = np.array(
    [
        *((68, 1, 84), (71, 44, 122), (59, 81, 139), (44, 113, 142), (33, 144, 141)),
        *((39, 173, 129), (92, 200, 99), (170, 220, 50), (253, 231, 37)),
    ],
    dtype=np.float64,
)
"""Viridis (Smith and van der Walt, CC0) at nine places: even in lightness."""


def colour_of(share: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """(…, 3) colours of shares from 0 to 1."""
    place = np.clip(share, 0, 1) * (len(ANCHORS) - 1)
    channels = [np.interp(place, np.arange(len(ANCHORS)), ANCHORS[:, i]) for i in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def hex_of(share: float) -> str:
    red, green, blue = (int(value) for value in colour_of(np.array(share)))
    return f"#{red:02x}{green:02x}{blue:02x}"
