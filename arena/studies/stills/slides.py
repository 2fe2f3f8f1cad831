"""A whole slide as a small picture of all of it and enlarged fields of its tissue."""

import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from arena.studies.stills.base import Look, Still, evenly, fitted, share, still

FIELD = 1024
"""Pixels a side."""
COLOURED = 18
"""How far red, green and blue of tissue lie apart; glass is grey."""
LEAST_TISSUE = 0.25
Level = tuple[int, int, int]
TileOf = Callable[[int, int, int], bytes | None]
"""The JPEG of a tile by level, column and row."""


def slide_stills(overview: bytes, meta: Mapping[str, Any], tile: TileOf, look: Look) -> list[Still]:
    """The whole first; then fields, evenly drawn from those that hold tissue, row by row."""
    with Image.open(io.BytesIO(overview)) as image:
        whole = image.convert("RGB")
    fields, side = _fields(whole, meta, look)
    places = evenly(len(fields), look.most - 1) if look.most > 1 and fields else []
    size = f"{meta['width']} x {meta['height']} pixels"
    said = f"The whole slide ({size}), made small. It has {len(fields)} fields with tissue; sent "
    found = [still("whole", f"{said}are {share(places, len(fields))}.", fitted(whole))]
    for place in places:
        x, y = fields[place]
        picture = _region(meta, tile, x, y, side)
        where = f"{x / meta['width']:.0%} from the left, {y / meta['height']:.0%} from the top"
        said = f"Field {place + 1} of {len(fields)} with tissue, at {where}; "
        said += f"{_scale(meta, side / picture.width)}."
        found.append(still(f"field-{place + 1}", said, picture))
    return found


def _scale(meta: Mapping[str, Any], pixels: float) -> str:
    microns = meta.get("microns_per_pixel")
    return f"{microns * pixels:.3g} µm a pixel" if microns else "scale unknown"


def _fields(
    whole: Image.Image, meta: Mapping[str, Any], look: Look
) -> tuple[list[tuple[int, int]], int]:
    """Corners of the fields that hold tissue, and the side of a field, in pixels of the slide.

    Where the slide does not say how large its pixels are, a field has four of them in one.
    """
    microns = meta.get("microns_per_pixel")
    side = max(FIELD, round(FIELD * look.microns / microns)) if microns else 4 * FIELD
    side = min(side, max(meta["width"], meta["height"]))
    scale = whole.width / meta["width"]
    tissue = _tissue(whole)
    corners = [
        (x, y) for y in range(0, meta["height"], side) for x in range(0, meta["width"], side)
    ]
    shares = [float(_part(tissue, x, y, side, scale).mean()) for x, y in corners]
    least = min(LEAST_TISSUE, max(shares) / 2)
    return [at for at, held in zip(corners, shares, strict=True) if held >= least and held], side


def _tissue(whole: Image.Image) -> NDArray[np.bool_]:
    pixels = np.asarray(whole, dtype=np.int16)
    return np.asarray(np.ptp(pixels, axis=2) > COLOURED)


def _part(tissue: NDArray[np.bool_], x: int, y: int, side: int, scale: float) -> NDArray[np.bool_]:
    top, left = int(y * scale), int(x * scale)
    down, across = max(top + 1, int((y + side) * scale)), max(left + 1, int((x + side) * scale))
    part = tissue[top:down, left:across]
    return part if part.size else np.zeros((1, 1), dtype=np.bool_)


def _region(meta: Mapping[str, Any], tile: TileOf, x: int, y: int, side: int) -> Image.Image:
    """A square of the slide, put together of tiles of the level that is just fine enough."""
    levels = [tuple(level) for level in meta["levels"]]
    fine = [n for n, (w, _, _) in enumerate(levels) if meta["width"] / w <= side / FIELD + 1e-6]
    level = fine[-1] if fine else 0
    width, _, step = levels[level]
    scale = width / meta["width"]
    left, top, reach = int(x * scale), int(y * scale), max(1, round(side * scale))
    picture = Image.new("RGB", (reach, reach), "white")
    for row in range(top // step, (top + reach - 1) // step + 1):
        for column in range(left // step, (left + reach - 1) // step + 1):
            data = tile(level, column, row)
            if data is not None:
                with Image.open(io.BytesIO(data), formats=["JPEG"]) as part:
                    picture.paste(part.convert("RGB"), (column * step - left, row * step - top))
    return fitted(picture, FIELD)
