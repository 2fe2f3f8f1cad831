"""Masks as run lengths: row by row, alternating, beginning with background (COCO, uncompressed)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def rle_encode(mask: Mask) -> list[int]:
    """Run lengths of a (height, width) mask; the first is 0 where the first pixel is set."""
    flat = np.asarray(mask, dtype=bool).ravel()
    changes = np.flatnonzero(np.diff(flat, prepend=False))
    edges = np.concatenate([[0], changes, [flat.size]])
    return [int(length) for length in np.diff(edges)]


def rle_decode(counts: Sequence[int], *, width: int, height: int) -> Mask:
    """The (height, width) mask; raises ``ValueError`` if the runs do not fill it exactly."""
    runs = np.asarray(counts, dtype=np.int64)
    if runs.size and runs.min() < 0:
        raise ValueError("a run length is negative")
    if runs.sum() != width * height:
        raise ValueError(f"run lengths sum to {runs.sum()}, not to {width} × {height}")
    return np.repeat(np.arange(runs.size) % 2 == 1, runs).reshape(height, width)
