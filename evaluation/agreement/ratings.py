"""Ratings as long rows (unit, rater, value): validated once, then counted once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.comparisons import DataError

Codes = NDArray[np.signedinteger[Any]]
Counts = NDArray[np.float64]
Value = Any  # a category: text or number

CHUNK = 1 << 18  # rows counted at a time: their codes stay in the second-level cache
MOST_CATEGORIES = 1000


@dataclass(frozen=True, eq=False)
class Ratings:
    """N ratings of U units by R raters in q categories; missing values are already left out.

    `unit`, `rater`, `value`: (N,) positions in `units`, `raters`, `categories`. `numeric` says
    whether the categories are numbers; their order is then that of the numbers, otherwise the
    alphabet, unless it was given. `missing` counts the rows left out for want of a value.
    """

    unit: Codes
    rater: Codes
    value: Codes
    units: Sequence[Hashable]
    raters: Sequence[Hashable]
    categories: tuple[Value, ...]
    numeric: bool
    missing: int = 0

    @classmethod
    def from_rows(
        cls,
        units: Iterable[Hashable],
        raters: Iterable[Hashable],
        values: Iterable[Value],
        *,
        categories: Sequence[Value] | None = None,
    ) -> Ratings:
        """Ratings from three columns of equal length; `None`, NaN and "" are missing values.

        `categories` fixes which values may occur and their order; a category nobody used still
        counts in Brennan–Prediger and Gwet. Text that reads as numbers throughout is numbers.

        Raises `DataError` for unequal columns, an unlisted value, and a rater who rated a unit
        twice; it names the row.
        """
        unit, unit_names = codes(units)
        rater, rater_names = codes(raters)
        value, seen = codes(values)
        if not unit.size == rater.size == value.size:
            message = f"{unit.size} units, {rater.size} raters and {value.size} values"
            raise DataError(f"{message}: every rating needs one of each")
        listed = [v for v in (seen if categories is None else categories) if not _is_missing(v)]
        known, numeric = _numbers_if_possible([*seen, *listed])
        used, order = known[: len(seen)], known[len(seen) :]
        if categories is None:
            order = sorted(set(order))
        _refuse_unusable(order)
        position = {v: i for i, v in enumerate(order)}
        lookup = np.array([_position(v, position) for v in used], dtype=np.intp)
        _refuse_unlisted(lookup, used, value, order)
        rows = np.flatnonzero(lookup[value] >= 0) if (lookup < 0).any() else slice(None)
        in_order = np.array_equal(lookup, np.arange(lookup.size))
        code = value if in_order else lookup[value[rows]]  # no copy of what is in order already
        unit, rater = unit[rows], rater[rows]
        _refuse_repeats(unit, rater, rows, unit_names, rater_names)
        return cls(
            unit=unit,
            rater=rater,
            value=code,
            units=unit_names,
            raters=rater_names,
            categories=tuple(order),
            numeric=numeric,
            missing=value.size - code.size,
        )

    @property
    def n_raters(self) -> int:
        """Raters with at least one rating."""
        return int(np.count_nonzero(_marked(self.rater, len(self.raters))))

    @cached_property
    def counts(self) -> Counts:
        """(U, q) how many raters put each unit into each category."""
        return count_table(self.unit, self.value, len(self.units), len(self.categories))

    def select(self, kept: NDArray[np.bool_]) -> Ratings:
        """The ratings of the rows marked in `kept` (N,)."""
        return Ratings(
            self.unit[kept],
            self.rater[kept],
            self.value[kept],
            self.units,
            self.raters,
            self.categories,
            self.numeric,
            self.missing,
        )


def count_table(rows: Codes, columns: Codes, n_rows: int, n_columns: int) -> Counts:
    """(n_rows, n_columns) how often each pair of positions occurs; no temporary of the input's
    size."""
    total = np.zeros(n_rows * n_columns)
    for start in range(0, rows.size, CHUNK):
        part = slice(start, start + CHUNK)
        cell = _cells(rows[part], columns[part], n_columns)
        low = int(cell.min())
        found = np.bincount(cell - low)
        total[low : low + found.size] += found
    return total.reshape(n_rows, n_columns)


def codes(labels: Iterable[Hashable]) -> tuple[Codes, list[Any]]:
    """Positions of labels in the list of distinct labels, in order of first appearance.

    Integer arrays with few distinct values are coded without sorting, in order of value.
    """
    if isinstance(labels, np.ndarray):
        if labels.dtype.kind in "iu" and labels.size:
            return _integer_codes(labels)
        labels = labels.tolist()
    position: dict[Hashable, int] = {}
    found = [position.setdefault(_plain(label), len(position)) for label in labels]
    return np.array(found, dtype=np.intp), list(position)


def _integer_codes(labels: NDArray[Any]) -> tuple[Codes, list[Any]]:
    low, high = int(labels.min()), int(labels.max())
    if labels.dtype == np.uint64 or high - low > 4 * labels.size + 1000:
        names, inverse = np.unique(labels, return_inverse=True)
        return inverse.astype(np.intp), names.tolist()
    shifted = labels if low == 0 and labels.dtype.kind == "i" else labels.astype(np.intp) - low
    present = _marked(shifted, high - low + 1)
    place = shifted if present.all() else (np.cumsum(present) - 1)[shifted]
    return place, (np.flatnonzero(present) + low).tolist()


def _cells(rows: Codes, columns: Codes, n_columns: int) -> NDArray[np.intp]:
    return np.asarray(rows.astype(np.intp) * n_columns + columns)


def _marked(places: Codes, size: int) -> NDArray[np.bool_]:
    """(size,) whether each place occurs."""
    marks = np.zeros(size, dtype=bool)
    marks[places] = True
    return marks


def _plain(label: Hashable) -> Hashable:
    return None if isinstance(label, float) and isnan(label) else label


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in ("", "nan"))


def _numbers_if_possible(values: list[Any]) -> tuple[list[Any], bool]:
    present = [v for v in values if not _is_missing(v)]
    numbers = {v: _number(v) for v in present}
    if not present or None in numbers.values():
        return [None if _is_missing(v) else str(v) for v in values], False
    return [numbers.get(v) for v in values], True


def _number(value: Value) -> int | float | None:
    """The finite number a value reads as, whole numbers as `int`; None for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def _position(value: Value, position: dict[Value, int]) -> int:
    return -1 if value is None else position.get(value, -2)


def _refuse_unusable(order: list[Value]) -> None:
    if len(set(order)) < len(order):
        raise DataError(f"a category is listed twice: {', '.join(map(str, order))}")
    if len(order) > MOST_CATEGORIES:
        raise DataError(
            f"{len(order)} distinct values; agreement needs categories: round the values, "
            "or use the intraclass correlation for measurements"
        )


def _refuse_unlisted(lookup: Codes, used: list[Value], value: Codes, order: list[Value]) -> None:
    if (lookup == -2).any():
        row = int(np.flatnonzero(lookup[value] == -2)[0])
        known = ", ".join(map(str, order))
        raise DataError(f"{used[value[row]]!r} is not one of the categories {known}", row=row)


def _refuse_repeats(
    unit: Codes, rater: Codes, rows: Codes | slice, units: list[Any], raters: list[Any]
) -> None:
    """`rows` are the places of these ratings in the data as given."""
    if _all_distinct(unit, rater, len(units), len(raters)):
        return
    cell = _cells(unit, rater, len(raters))
    _, first, inverse = np.unique(cell, return_index=True, return_inverse=True)
    again = int(np.flatnonzero(first[inverse] != np.arange(cell.size))[0])
    place = rows if isinstance(rows, np.ndarray) else np.arange(cell.size)
    raise DataError(
        f"rater {raters[rater[again]]} already rated unit {units[unit[again]]} in row "
        f"{place[first[inverse[again]]] + 1}; keep one of the two, or compare them as "
        "self-agreement",
        row=int(place[again]),
    )


def _all_distinct(unit: Codes, rater: Codes, n_units: int, n_raters: int) -> bool:
    if n_units * n_raters > 10_000_000 + 8 * unit.size:
        return bool(np.unique(_cells(unit, rater, n_raters)).size == unit.size)
    seen = np.zeros(n_units * n_raters, dtype=bool)
    for start in range(0, unit.size, CHUNK):
        part = slice(start, start + CHUNK)
        seen[_cells(unit[part], rater[part], n_raters)] = True
    return bool(np.count_nonzero(seen) == unit.size)
