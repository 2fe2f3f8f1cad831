"""Numbers on a grid that covers the case's image: row by row, from the upper left corner."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.kinds import checks
from evaluation.kinds.base import RecordError

MOST_ROWS = 512
DIGITS = 5
"""Significant digits kept; more are never seen."""
Grid = NDArray[np.float64]


def grid(
    value: Any, field: str, *, least: float = -checks.LARGEST, gaps: bool = False
) -> list[list[float | None]]:
    """Rows of equal length, at most 512 × 512; ``None`` is a gap where ``gaps`` are allowed."""
    rows = checks.items(value, field, most=MOST_ROWS)
    found = [_row(row, f"{field}[{i}]", least, gaps) for i, row in enumerate(rows)]
    if not found or not found[0]:
        raise RecordError(field, "is empty")
    for i, row in enumerate(found):
        if len(row) != len(found[0]):
            problem = f"has {len(row)} numbers, but the first row {len(found[0])}"
            raise RecordError(f"{field}[{i}]", problem)
    return found


def array(rows: list[list[float | None]]) -> Grid:
    """(height, width) numbers; gaps are NaN."""
    return np.array(rows, dtype=np.float64)


def _row(row: Any, field: str, least: float, gaps: bool) -> list[float | None]:
    numbers = checks.items(row, field, most=MOST_ROWS)
    return [
        None
        if gaps and number is None
        else _rounded(checks.number(number, f"{field}[{i}]", least=least))
        for i, number in enumerate(numbers)
    ]


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
