"""Pixels as a PNG that holds nothing else."""

import io
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from arena.studies.new_case import NewAsset

IMAGE = "image"
LOOK = "look-"
MOST_PIXELS = 40_000_000
USUAL_WINDOWS = {"CT": (-160.0, 240.0)}  # soft tissue


@dataclass(frozen=True)
class Pixels:
    values: NDArray[np.uint8]
    """Grey (height, width) or RGB (height, width, 3)."""
    spacing_mm: tuple[float, float] | None = None
    """Distance of rows, then of columns."""
    modality: str = ""
    sides: tuple[str, ...] = ()
    """Letters of the body's sides at the left, right, top and bottom; empty where not known."""
    looks: tuple[tuple[str, NDArray[np.uint8]], ...] = ()
    """The same pixels as the file would have them shown otherwise, by name or without one."""


def png_asset(pixels: Pixels) -> NewAsset:
    """Encoded from the bare array, so that no tag of the source can come along."""
    height, width = pixels.values.shape[:2]
    meta = {
        "width": width,
        "height": height,
        "spacing_mm": list(pixels.spacing_mm) if pixels.spacing_mm else None,
        "modality": pixels.modality,
        "sides": list(pixels.sides),
    }
    return NewAsset(IMAGE, "image/png", _png(pixels.values), meta)


def png_assets(pixels: Pixels) -> tuple[NewAsset, ...]:
    """The image, then its other looks, which its ``meta`` lists."""
    image = png_asset(pixels)
    if not pixels.looks:
        return (image,)
    named = [(f"{LOOK}{number}", *look) for number, look in enumerate(pixels.looks, start=2)]
    listed = [{"asset": asset, "name": name} for asset, name, _ in named]
    first = replace(image, meta={**image.meta, "looks": listed})
    return first, *(NewAsset(asset, "image/png", _png(grey)) for asset, _, grey in named)


def _png(values: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(values)).save(buffer, format="PNG")
    return buffer.getvalue()


def stretched(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Values of any range spread linearly over 0..255; a flat image becomes black."""
    low, high = float(values.min()), float(values.max())
    return shown_between(values, low, high)


def usual_window(values: NDArray[Any], modality: str) -> tuple[float, float]:
    """What to show black and white at first, where no file says so: soft tissue in CT, else all but
    the extremes. ``values`` are in the modality's unit."""
    if modality in USUAL_WINDOWS:
        return USUAL_WINDOWS[modality]
    step = max(1, values.size // 1_000_000)
    low, high = np.percentile(values.ravel(order="K")[::step], [0.5, 99.5])
    return float(low), float(high if high > low else low + 1)


def shown_between(values: NDArray[np.floating], low: float, high: float) -> NDArray[np.uint8]:
    """``low`` and less is black, ``high`` and more is white."""
    scaled: NDArray[np.floating] = (values - low) / ((high - low) or 1.0) * 255.0
    grey: NDArray[np.uint8] = np.clip(scaled, 0, 255).round().astype(np.uint8)
    return grey
