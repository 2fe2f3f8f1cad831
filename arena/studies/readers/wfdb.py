"""WFDB records: a header and the samples it names; annotations and comments stay behind.

Source: physionet.org/physiotools/wag/header-5.htm and signal-5.htm. Comments of a header often
name age, sex, drugs or the diagnosis, so none of them is read.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from arena.core.errors import RowError
from arena.studies.new_case import SourceFile
from arena.studies.readers.signals import LONGEST_NAME, MOST_CHANNELS, Signals

HEADER = ".hea"
DEFAULT_RATE, DEFAULT_GAIN = 250.0, 200.0
GAIN = re.compile(r"(?P<gain>[-+.\deE]+)?(?:\((?P<baseline>-?\d+)\))?(?:/(?P<unit>\S+))?")
WHOLE = {"16": "<i2", "61": ">i2", "32": "<i4", "80": "u1"}
MISSING = {"16": -(2**15), "61": -(2**15), "32": -(2**31), "80": -128, "212": -2048, "24": -(2**23)}


@dataclass(frozen=True)
class Line:
    """One signal of a header."""

    file: str
    format: str
    gain: float
    baseline: int
    unit: str
    name: str


def wfdb_signals(files: Sequence[SourceFile]) -> Signals:
    """The signals of a record; raises ``RowError`` naming the file at fault."""
    header = next(file for file in files if file.name.lower().endswith(HEADER))
    beside = {PurePosixPath(file.name).name: file for file in files}
    try:
        rate, samples, lines = _header(header.data.decode("ascii", errors="replace"))
    except ValueError as error:
        raise RowError(f"is no WFDB header that is read: {error}", header.name) from error
    columns = [column for group in _groups(lines) for column in _columns(group, samples, beside)]
    length = min(len(column) for column in columns)
    values = np.stack([column[:length] for column in columns])
    return Signals(tuple(line.name for line in lines), rate, values, lines[0].unit)


def wfdb_names(header: SourceFile) -> set[str]:
    """The files beside it that a header may speak of."""
    rows = header.data.decode("ascii", errors="replace").splitlines()
    return {row.split()[0] for row in rows if row.strip() and not row.startswith("#")}


def _header(text: str) -> tuple[float, int, list[Line]]:
    rows = [row.split() for row in text.splitlines() if row.strip() and not row.startswith("#")]
    if not rows or len(rows[0]) < 2 or "/" in rows[0][0]:
        raise ValueError("records of several segments are not read" if rows else "it is empty")
    count = int(rows[0][1])
    if not 0 < count <= MOST_CHANNELS or len(rows) <= count:
        raise ValueError(f"it names {count} signals and describes {len(rows) - 1}")
    rate = float(re.split(r"[/(]", rows[0][2])[0]) if len(rows[0]) > 2 else DEFAULT_RATE
    samples = int(rows[0][3]) if len(rows[0]) > 3 else 0
    lines = [_line(row, number) for number, row in enumerate(rows[1 : count + 1], start=1)]
    if len({line.unit for line in lines}) > 1:
        raise ValueError("its signals have different units")
    return rate, samples, lines


def _line(row: Sequence[str], number: int) -> Line:
    """``100.dat 212 200(0)/mV 11 1024 995 -22131 0 MLII``; all but file and format may lack."""
    if len(row) < 2 or not re.fullmatch(r"\d+", row[1]):
        raise ValueError(f"signal {number} has a format that is not read ({' '.join(row[1:2])})")
    found = GAIN.fullmatch(row[2]) if len(row) > 2 else GAIN.fullmatch("")
    if found is None:
        raise ValueError(f"signal {number} has the gain {row[2]!r}")
    zero = int(row[4]) if len(row) > 4 else 0
    name = " ".join(row[8:]) if len(row) > 8 else f"signal {number}"
    return Line(
        file=PurePosixPath(row[0]).name,
        format=row[1],
        gain=float(found["gain"] or 0) or DEFAULT_GAIN,
        baseline=int(found["baseline"]) if found["baseline"] else zero,
        unit=found["unit"] or "mV",
        name=name[:LONGEST_NAME],
    )


def _groups(lines: Sequence[Line]) -> list[list[Line]]:
    """Signals that share a file are interleaved in it."""
    groups: list[list[Line]] = []
    for line in lines:
        if groups and groups[-1][0].file == line.file:
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _columns(
    group: Sequence[Line], samples: int, beside: Mapping[str, SourceFile]
) -> list[NDArray[np.float64]]:
    file = beside.get(group[0].file)
    if file is None:
        raise RowError(f"is missing: the header names {group[0].file}", group[0].file)
    if {line.format for line in group} != {group[0].format}:
        raise RowError("holds signals of different formats", file.name)
    try:
        flat = numbers(file.data, group[0].format)
    except ValueError as error:
        raise RowError(str(error), file.name) from error
    rows = len(flat) // len(group)
    if rows < max(samples, 1):
        raise RowError(
            f"holds {rows:,} samples, the header says {samples:,}: it is cut off", file.name
        )
    table = flat[: rows * len(group)].reshape(rows, len(group))[: samples or rows]
    return [_physical(table[:, i], line) for i, line in enumerate(group)]


def _physical(column: NDArray[np.int64], line: Line) -> NDArray[np.float64]:
    values = (column - line.baseline) / line.gain
    values[column == MISSING[line.format]] = np.nan
    return values


def numbers(data: bytes, kind: str) -> NDArray[np.int64]:
    """Samples as they are stored, in the formats 16, 24, 32, 61, 80 and 212."""
    raw = np.frombuffer(data, np.uint8)
    if kind == "212":
        return _pairs(raw)
    if kind == "24":
        three = raw[: len(raw) // 3 * 3].reshape(-1, 3).astype(np.int64)
        joined = three[:, 0] | three[:, 1] << 8 | three[:, 2] << 16
        return np.where(joined >= 2**23, joined - 2**24, joined)
    if kind not in WHOLE:
        known = ", ".join(sorted((*WHOLE, "24", "212")))
        raise ValueError(f"has samples of format {kind}; read are {known}")
    width = np.dtype(WHOLE[kind]).itemsize
    values = np.frombuffer(data[: len(data) // width * width], WHOLE[kind]).astype(np.int64)
    return values - 128 if kind == "80" else values


def _pairs(raw: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Two samples of 12 bits in three bytes."""
    three = raw[: len(raw) // 3 * 3].reshape(-1, 3).astype(np.int64)
    first = three[:, 0] | (three[:, 1] & 0x0F) << 8
    second = three[:, 2] | (three[:, 1] & 0xF0) << 4
    joined = np.column_stack([first, second]).ravel()
    return np.where(joined >= 2**11, joined - 2**12, joined)
