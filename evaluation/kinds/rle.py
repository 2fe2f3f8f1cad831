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


def rle_tidy(counts: Sequence[int]) -> list[int]:
    """The same mask without empty runs, but for a first one: equal masks have equal runs."""
    runs = np.asarray(counts, dtype=np.int64)
    kept = runs > 0
    runs, inside = runs[kept], (np.arange(kept.size) % 2 == 1)[kept]
    if not runs.size:
        return [0]
    changes = np.flatnonzero(np.diff(inside, prepend=~inside[:1]))
    joined = np.add.reduceat(runs, changes).tolist()
    return [0, *joined] if inside[0] else joined


def rle_spans(counts: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the set runs begin and end, as places in the raveled mask; ends are exclusive."""
    edges = np.cumsum(np.asarray(counts, dtype=np.int64))
    ends = edges[1::2]
    return edges[0::2][: len(ends)], ends


def rle_rows(
    counts: Sequence[int], width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Row, first column and length of what is set; a run over several rows is cut at their ends."""
    starts, ends = rle_spans(counts)
    pieces = np.where(ends > starts, (ends - 1) // width - starts // width + 1, 0)
    which = np.repeat(np.arange(len(starts)), pieces)
    rows = (
        starts[which] // width + np.arange(len(which)) - np.repeat(pieces.cumsum() - pieces, pieces)
    )
    first = np.maximum(starts[which], rows * width)
    last = np.minimum(ends[which], (rows + 1) * width)
    return rows, first - rows * width, last - first
