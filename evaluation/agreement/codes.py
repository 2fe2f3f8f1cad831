"""Labels as positions in a list, and counts of them; no temporary array has the input's size."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.signedinteger[Any]]
Floats = NDArray[np.floating[Any]]

CHUNK = 1 << 17  # rows read at a time: temporary arrays stay in the cache, and are not the memory


def codes(labels: Iterable[Hashable], *, gaps: bool = False) -> tuple[Codes, Sequence[Any]]:
    """Positions of labels in the list of distinct labels, in order of first appearance.

    Integer arrays with few distinct values are coded without sorting, in order of value; with
    `gaps` their list is the whole range, and may hold values that do not occur.
    """
    if isinstance(labels, np.ndarray):
        if labels.dtype.kind in "iu" and labels.size:
            return _integer_codes(labels, gaps)
        labels = labels.tolist()
    position: dict[Hashable, int] = {}
    found = [position.setdefault(_plain(label), len(position)) for label in labels]
    return np.array(found, dtype=np.intp), list(position)


def _integer_codes(labels: NDArray[Any], gaps: bool) -> tuple[Codes, Sequence[Any]]:
    low, high = int(labels.min()), int(labels.max())
    if labels.dtype == np.uint64 or high - low > 4 * labels.size + 1000:
        names, inverse = np.unique(labels, return_inverse=True)
        return inverse.astype(np.intp), names.tolist()
    place = _from_zero(labels, low, high)
    if gaps:
        return place, range(low, high + 1)
    present = marked(place, high - low + 1)
    used = [low + i for i in np.flatnonzero(present).tolist()]
    return place if present.all() else (np.cumsum(present) - 1)[place], used


def _from_zero(labels: NDArray[Any], low: int, high: int) -> Codes:
    """labels − low, as narrow as the labels are: half the memory to read."""
    if labels.dtype.kind == "u" or high - low > np.iinfo(labels.dtype).max:
        return labels.astype(np.int64) - low
    return labels - labels.dtype.type(low) if low else labels


def cells(rows: Codes, columns: Codes, size: int, n_columns: int) -> Codes:
    """Positions in a flattened table of `size` cells."""
    cell: Codes = np.multiply(rows, n_columns, dtype=_whole(size), casting="unsafe")
    cell += columns.astype(cell.dtype, copy=False)
    return cell


def _whole(largest: int) -> type[np.signedinteger[Any]]:
    """The shorter integer that holds numbers so large."""
    return np.int32 if largest < np.iinfo(np.int32).max else np.int64


def marked(places: Codes, size: int) -> NDArray[np.bool_]:
    """(size,) whether each place occurs; as a rule the first rows tell, and the rest is unread."""
    marks = np.zeros(size, dtype=bool)
    start, step = 0, 1 << 12
    while start < places.size and not marks.all():
        marks[places[start : start + step]] = True
        start, step = start + step, CHUNK
    return marks


def _plain(label: Hashable) -> Hashable:
    return None if isinstance(label, float) and isnan(label) else label


def summed(rows: Codes, columns: Codes, worth: Floats) -> NDArray[np.float64]:
    """(n,) sum of `worth` (c,) of the columns met in each row."""
    total = np.zeros(int(rows.max(initial=-1)) + 1)
    for start in range(0, rows.size, CHUNK):
        part = slice(start, start + CHUNK)
        low = int(rows[part].min())
        found = np.bincount(rows[part] - low, np.take(worth, columns[part], mode="clip"))
        total[low : low + found.size] += found
    return total


def count_table(rows: Codes, columns: Codes, n_rows: int, n_columns: int) -> NDArray[np.float64]:
    """(n_rows, n_columns) how often each pair of positions occurs; no temporary of the input's
    size."""
    total = np.zeros(n_rows * n_columns)
    for start in range(0, rows.size, CHUNK):
        part = slice(start, start + CHUNK)
        cell = cells(rows[part], columns[part], total.size, n_columns)
        low = int(cell.min())
        found = np.bincount(cell - low if low else cell)
        total[low : low + found.size] += found
    return total.reshape(n_rows, n_columns)
