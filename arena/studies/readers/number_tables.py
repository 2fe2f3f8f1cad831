"""Tables of numbers over time (CSV, JSON, NPY): one column a channel, rows at times.

Dates become seconds from the first row, so that none of them is kept.
"""

import csv
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.core.errors import RowError
from arena.studies.new_case import SourceFile
from arena.studies.readers.arrays import MAGIC, npy_shape
from arena.studies.readers.signals import LONGEST_NAME, MOST_CHANNELS, MOST_VALUES, Signals

TIMES = ("time", "t", "seconds", "time_s", "timestamp", "datetime")
ENDINGS = (".csv", ".tsv", ".json", ".npy")
MISSING = {"", "nan", "na", "null", "none"}
EVEN = 0.01
"""Share of a step by which times may differ from an even grid."""


@dataclass(frozen=True)
class NumberTable:
    names: tuple[str, ...]
    times: NDArray[np.float64] | None
    """Seconds from the first row, rising; ``None`` where the table has no column of times."""
    values: NDArray[np.float64]
    """(row, channel); NaN where a cell is empty."""


def number_table(file: SourceFile) -> NumberTable:
    """The table; raises ``RowError`` naming row and column of the first fault."""
    suffix = PurePosixPath(file.name).suffix.lower()
    if file.data.startswith(MAGIC):
        return _array(file)
    if suffix == ".json":
        return _json(file)
    if suffix in {".csv", ".tsv"}:
        return _csv(file)
    raise RowError(f"is none of {', '.join(ENDINGS)}", file.name)


def even_signals(
    table: NumberTable, options: Mapping[str, str], name: str, unit: str = ""
) -> Signals:
    """The table as samples of an even rate, from its times or from ``sampling_rate``."""
    rate = _rate(options.get("sampling_rate", ""), name)
    if rate is None and table.times is not None:
        steps = np.diff(table.times)
        usual = float(np.median(steps))
        if usual <= 0 or np.abs(steps - usual).max() > EVEN * usual + 0.002:
            raise RowError("has times that are not evenly spaced", name)
        rate = 1 / float(np.mean(steps))
    if rate is None:
        problem = "does not tell its rate: add a column “time” or, in cases.csv, “sampling_rate”"
        raise RowError(problem, name)
    return Signals(table.names, float(f"{rate:.6g}"), table.values.T, unit)


def named(table: NumberTable, text: str, usual: Sequence[str], name: str) -> NumberTable:
    """With names from a column of ``cases.csv``; an array of twelve has the ``usual`` ones."""
    words = tuple(word[:LONGEST_NAME] for word in re.split(r"[\s,;]+", text) if word)
    if words and len(words) != len(table.names):
        raise RowError(f"has {len(table.names)} channels, but {len(words)} names are given", name)
    if not words and table.names[0] == "channel 1" and len(table.names) == len(usual):
        words = tuple(usual)
    return NumberTable(words or table.names, table.times, table.values)


def _rate(text: str, name: str) -> float | None:
    if not text:
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not rate > 0 or not np.isfinite(rate):
        raise RowError(f"has the sampling rate {text!r}: give a number of samples a second", name)
    return rate


def _array(file: SourceFile) -> NumberTable:
    """(channels, samples) or the other way round: there are fewer channels than samples."""
    try:
        shape, _ = npy_shape(file.data)
        if len(shape) not in (1, 2) or math.prod(shape) > MOST_VALUES:
            raise ValueError(f"its shape is {shape}; at most two axes and {MOST_VALUES:,} fit")
        values = np.load(io.BytesIO(file.data), allow_pickle=False)
    except (ValueError, EOFError, OSError, SyntaxError, MemoryError) as error:
        raise RowError(f"is no array that is read: {error}"[:200], file.name) from error
    table = np.atleast_2d(values).astype(np.float64)
    table = table.T if table.shape[0] < table.shape[1] else table
    names = tuple(f"channel {n}" for n in range(1, table.shape[1] + 1))
    return NumberTable(names, None, table)


def _csv(file: SourceFile) -> NumberTable:
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RowError("is not UTF-8: save the file as UTF-8", file.name) from error
    first = text.lstrip("\r\n").partition("\n")[0]
    rows = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count))
    try:
        header = [cell.strip() for cell in next(rows, [])]
        body = [(n, cells) for n, cells in enumerate(rows, start=2) if any(map(str.strip, cells))]
    except csv.Error as error:
        raise RowError(f"cannot be read as CSV ({error})", file.name) from error
    for number, cells in body:
        if len(cells) != len(header):
            problem = f"has {len(cells)} cells, but the header has {len(header)}"
            raise RowError(problem, file.name, number)
    columns = {name: [cells[i] for _, cells in body] for i, name in enumerate(header)}
    if len(columns) < len(header):
        raise RowError("has two columns of one name in the header", file.name, 1)
    return _table(file.name, columns, first_row=2)


def _json(file: SourceFile) -> NumberTable:
    """``{"time": […], "hr": […]}``, or ``[{"time": …, "name": …, "value": …}, …]``."""
    try:
        found = json.loads(file.data)
    except (ValueError, RecursionError) as error:
        raise RowError("is not JSON", file.name) from error
    if isinstance(found, list):
        found = _wide(found, file.name)
    if not isinstance(found, dict) or not all(isinstance(v, list) for v in found.values()):
        raise RowError("must be an object of lists, or a list of measurements", file.name)
    if len({len(column) for column in found.values()}) > 1:
        raise RowError("has lists of different lengths", file.name)
    return _table(file.name, found, first_row=1)


def _wide(rows: Sequence[Any], name: str) -> dict[str, list[Any]]:
    """Single measurements, each at its time, as columns with gaps."""
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or not {"time", "name", "value"} <= set(row):
            raise RowError("must have time, name and value", name, number)
        if not isinstance(row["time"], str | int | float):
            raise RowError("must be seconds or a time", name, number, "time")
    times = sorted({row["time"] for row in rows}, key=lambda t: _seconds(t, name, 0, "time"))
    _check_size(name, channels=len({str(row["name"]) for row in rows}), rows=len(times))
    place = {time: i for i, time in enumerate(times)}
    columns: dict[str, list[Any]] = {"time": list(times)}
    for row in rows:
        column = columns.setdefault(str(row["name"]), [None] * len(times))
        column[place[row["time"]]] = row["value"]
    return columns


def _table(name: str, columns: Mapping[str, Sequence[Any]], first_row: int) -> NumberTable:
    clock = next((column for column in columns if column.strip().lower() in TIMES), None)
    names = [column for column in columns if column != clock]
    if not names or not columns[names[0]]:
        raise RowError("holds no numbers", name)
    _check_size(name, channels=len(names), rows=len(columns[names[0]]))
    values = [
        [_number(cell, name, row, column) for row, cell in enumerate(columns[column], first_row)]
        for column in names
    ]
    times = _times(columns[clock], name, first_row, clock) if clock else None
    kept = tuple(column.strip()[:LONGEST_NAME] for column in names)
    return NumberTable(kept, times, np.array(values, dtype=np.float64).T)


def _check_size(name: str, *, channels: int, rows: int) -> None:
    """To be asked before anything of that size is made: few rows may name many gaps."""
    if channels > MOST_CHANNELS or channels * rows > MOST_VALUES:
        raise RowError(f"has more than {MOST_CHANNELS} columns or {MOST_VALUES:,} values", name)


def _number(cell: Any, name: str, row: int, column: str) -> float:
    if cell is None or (isinstance(cell, str) and cell.strip().lower() in MISSING):
        return float("nan")
    try:
        value = float(cell)
    except (TypeError, ValueError, OverflowError):
        value = float("inf")
    if isinstance(cell, bool) or not np.isfinite(value):
        raise RowError(f"{str(cell)[:40]!r} is no number", name, row, column)
    return value


def _times(cells: Sequence[Any], name: str, first_row: int, column: str) -> NDArray[np.float64]:
    seconds = np.array([_seconds(c, name, row, column) for row, c in enumerate(cells, first_row)])
    falls = np.flatnonzero(np.diff(seconds) < 0)
    if falls.size:
        raise RowError("goes back in time", name, int(falls[0]) + first_row + 1, column)
    return np.asarray(seconds - seconds[0])


def _seconds(cell: Any, name: str, row: int, column: str) -> float:
    try:
        seconds = float(cell)
    except (TypeError, ValueError, OverflowError):
        seconds = math.inf
    if math.isfinite(seconds):
        return seconds
    try:
        return datetime.fromisoformat(str(cell).strip().replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError) as error:
        problem = f"{str(cell)[:40]!r} is neither seconds nor a time such as 2024-05-01T08:30"
        raise RowError(problem, name, row, column) from error
