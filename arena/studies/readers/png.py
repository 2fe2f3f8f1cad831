"""Pixels as a PNG that holds nothing else."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from arena.studies.new_case import NewAsset

IMAGE = "image"
MOST_PIXELS = 40_000_000


@dataclass(frozen=True)
class Pixels:
    values: NDArray[np.uint8]
    """Grey (height, width) or RGB (height, width, 3)."""
    spacing_mm: tuple[float, float] | None = None
    """Distance of rows, then of columns."""
    modality: str = ""


def png_asset(pixels: Pixels) -> NewAsset:
    """Encoded from the bare array, so that no tag of the source can come along."""
    height, width = pixels.values.shape[:2]
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels.values)).save(buffer, format="PNG")
    meta = {
        "width": width,
        "height": height,
        "spacing_mm": list(pixels.spacing_mm) if pixels.spacing_mm else None,
        "modality": pixels.modality,
    }
    return NewAsset(IMAGE, "image/png", buffer.getvalue(), meta)


def stretched(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Values of any range spread linearly over 0..255; a flat image becomes black."""
    low, high = float(values.min()), float(values.max())
    return shown_between(values, low, high)


def shown_between(values: NDArray[np.floating], low: float, high: float) -> NDArray[np.uint8]:
    """``low`` and less is black, ``high`` and more is white."""
    scaled: NDArray[np.floating] = (values - low) / ((high - low) or 1.0) * 255.0
    grey: NDArray[np.uint8] = np.clip(scaled, 0, 255).round().astype(np.uint8)
    return grey
