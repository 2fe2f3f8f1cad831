"""Ratings as long rows (unit, rater, value): validated once, then counted once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.agreement.codes import CHUNK, Codes, cells, codes, count_table, marked, summed
from evaluation.agreement.tables import (
    MOST_CELLS,
    Counts,
    distinct_numbers,
    distinct_rows,
    fits,
)
from evaluation.comparisons import DataError

Value = Any  # a category: text or number

MOST_CATEGORIES = 1000


@dataclass(frozen=True, eq=False)
class Ratings:
    """N ratings of U units by R raters in q categories; missing values are already left out.

    `unit`, `rater`, `value`: (N,) positions in `units`, `raters`, `categories`; a unit or rater
    may be listed without a rating. `numeric` says whether the categories are numbers; their order
    is then that of the numbers, otherwise the alphabet, unless it was given. `missing` counts the
    rows left out for want of a value.
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
        unit, unit_names = codes(units, gaps=True)
        rater, rater_names = codes(raters, gaps=True)
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

    @cached_property
    def n_raters(self) -> int:
        """Raters with at least one rating."""
        return int(np.count_nonzero(self.has_rated))

    @cached_property
    def has_rated(self) -> NDArray[np.bool_]:
        """(R,) whether each rater has a rating."""
        return marked(self.rater, len(self.raters))

    @cached_property
    def counts(self) -> Counts:
        """(U, q) how many raters put each unit into each category."""
        return count_table(self.unit, self.value, len(self.units), len(self.categories))

    @cached_property
    def kinds(self) -> tuple[Counts, Counts]:
        """Distinct count vectors of the rated units (P, q), and how often each occurs (P,).

        Units matter to most coefficients only through their counts, and few counts are distinct:
        56 for three raters and five categories, however many units there are.
        """
        base, q = self.n_raters + 1, len(self.categories)
        if not fits(base, q):
            return distinct_rows(self.counts)
        digits = float(base) ** np.arange(q)
        return distinct_numbers(summed(self.unit, self.value, digits), base, q)

    @cached_property
    def kinds_by_rater(self) -> tuple[NDArray[np.intp], Counts]:
        """Distinct rows of the units × raters table (P, R): 0 missing, else 1 + the category; and
        how often each occurs (P,)."""
        table = np.zeros((len(self.units), len(self.raters)), dtype=np.intp)
        table[self.unit, self.rater] = self.value
        table[self.unit, self.rater] += 1
        if table.size <= MOST_CELLS:
            return distinct_rows(table)
        rated = table[table.any(1)]
        return rated, np.ones(len(rated))

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
    unit: Codes,
    rater: Codes,
    rows: Codes | slice,
    units: Sequence[Any],
    raters: Sequence[Any],
) -> None:
    """`rows` are the places of these ratings in the data as given."""
    n_cells = len(units) * len(raters)
    if _rising(unit, rater) or _all_distinct(unit, rater, n_cells, len(raters)):
        return
    cell = cells(unit, rater, n_cells, len(raters))
    _, first, inverse = np.unique(cell, return_index=True, return_inverse=True)
    again = int(np.flatnonzero(first[inverse] != np.arange(cell.size))[0])
    place = rows if isinstance(rows, np.ndarray) else np.arange(cell.size)
    raise DataError(
        f"rater {raters[rater[again]]} already rated unit {units[unit[again]]} in row "
        f"{place[first[inverse[again]]] + 1}; keep one of the two, or compare them as "
        "self-agreement",
        row=int(place[again]),
    )


def _rising(unit: Codes, rater: Codes) -> bool:
    """Whether rows come by unit and then by rater, each pair once: the usual order of a file."""
    return all(
        _rises(unit[start : start + CHUNK + 1], rater[start : start + CHUNK + 1])
        for start in range(0, unit.size, CHUNK)
    )


def _rises(unit: Codes, rater: Codes) -> bool:
    same = unit[1:] == unit[:-1]
    return bool(((unit[1:] > unit[:-1]) | (same & (rater[1:] > rater[:-1]))).all())


def _all_distinct(unit: Codes, rater: Codes, n_cells: int, n_raters: int) -> bool:
    if n_cells > 10_000_000 + 8 * unit.size:
        return bool(np.unique(cells(unit, rater, n_cells, n_raters)).size == unit.size)
    seen = np.zeros(n_cells, dtype=bool)
    for start in range(0, unit.size, CHUNK):
        part = slice(start, start + CHUNK)
        seen[cells(unit[part], rater[part], n_cells, n_raters)] = True
    return bool(np.count_nonzero(seen) == unit.size)
