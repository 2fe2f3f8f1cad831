"""Polygons against reference polygons, by the pixels inside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Ring = Sequence[Sequence[float]]
"""Corners (x, y) in order; the last is joined to the first."""
FINEST = 512
"""Rows or columns of the grid on which two polygons are compared, at most."""


def ring_area(ring: Ring) -> float:
    """Area inside a ring that does not cross itself. Source: Meister (1769), shoelace formula."""
    x, y = np.asarray(ring, dtype=float).T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def polygon_mask(rings: Sequence[Ring], width: int, height: int, scale: float = 1.0) -> Mask:
    """(height, width) pixels whose centre lies inside an odd number of rings: holes are holes.

    `scale` is pixels of the mask per unit of the rings. Source: the even-odd rule, Foley et al.,
    *Computer Graphics* (1990), 19.5.
    """
    mask = np.zeros((height, width), dtype=bool)
    x0, y0, x1, y1 = (_edges(rings) * scale).T
    top = max(0, int(min(y0, default=0.0)))
    rows = np.arange(top, min(height, int(max(y0, default=-1.0)) + 1))[:, None] + 0.5
    crossed = (np.minimum(y0, y1) <= rows) & (rows < np.maximum(y0, y1))
    # Only where a row is crossed: edges that are all but level would overflow.
    slope = np.divide(x1 - x0, y1 - y0, out=np.zeros_like(x0), where=crossed.any(axis=0))
    first = np.clip(np.ceil(x0 + (rows - y0) * slope - 0.5), 0, width).astype(int)
    # A crossing turns over all pixels to its right: the parity of those passed, along the row.
    row, edge = np.nonzero(crossed)
    turns = np.zeros((len(rows), width + 1), dtype=np.uint8)
    np.bitwise_xor.at(turns, (row, first[row, edge]), 1)
    mask[top : top + len(rows)] = np.bitwise_xor.accumulate(turns[:, :width], axis=1)
    return mask


def polygon_iou(one: Sequence[Ring], other: Sequence[Ring], *, finest: int = FINEST) -> float:
    """Intersection over union of two polygons with holes, on a grid of `finest` at most a side."""
    corners = np.vstack([np.asarray(ring, dtype=float) for ring in (*one, *other)])
    low, size = corners.min(axis=0), np.ptp(corners, axis=0)
    scale = finest / max(float(size.max()), 1e-9)
    width, height = (max(1, int(np.ceil(side * scale))) for side in size)
    ours, theirs = (
        polygon_mask([np.asarray(ring) - low for ring in rings], width, height, scale)
        for rings in (one, other)
    )
    union = int((ours | theirs).sum())
    return float((ours & theirs).sum() / union) if union else 0.0


def _edges(rings: Sequence[Ring]) -> NDArray[np.float64]:
    """(n, 4) x0, y0, x1, y1 of all edges of all rings."""
    found = [np.hstack([r, np.roll(r, -1, axis=0)]) for r in map(np.asarray, rings) if len(r)]
    return np.vstack(found).astype(float) if found else np.zeros((0, 4))
