"""Votes from CSV, TSV, JSON Lines and Parquet files, with errors that name row and column."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.comparisons import Comparisons, DataError, FloatArray

Columns = dict[str, list[str]]

REQUIRED = ("model_a", "model_b", "winner")


def read_votes(
    path: Path, *, columns: Mapping[str, str] | None = None, covariates: Sequence[str] = ()
) -> Comparisons:
    """Comparisons from a file.

    Columns: `model_a`, `model_b`, `winner` (a key of `evaluation.comparisons.LABELS`), optionally
    `rater`, `case`, `weight`, `criterion`, `strength`; `columns` maps these words to the file's
    own. A covariate is a column of numbers (a minus b), or the difference of `NAME_a` and `NAME_b`.

    Raises `DataError` naming row and column, or what the file lacks.
    """
    table = _renamed(read_columns(path), columns or {})
    for column in REQUIRED:
        if column not in table:
            raise DataError(f"is missing; the file has {', '.join(table)}", column=column)
    for column in (*REQUIRED[:2], "rater", "case", "criterion"):
        _refuse_empty(table, column)
    return Comparisons.from_labels(
        table["model_a"],
        table["model_b"],
        table["winner"],
        weight=numbers(table, "weight") if "weight" in table else None,
        rater=table.get("rater"),
        case=table.get("case"),
        criterion=table.get("criterion"),
        strength=table.get("strength"),
        covariates={name: _covariate(table, name) for name in covariates},
    )


def read_columns(path: Path) -> Columns:
    """Every column of a file as text, stripped; missing values are empty strings."""
    readers = {".jsonl": _jsonl, ".ndjson": _jsonl, ".parquet": _parquet}
    try:
        table = readers.get(path.suffix.lower(), _csv)(path)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError("is not UTF-8 text; save it as UTF-8") from error
    if not table or not next(iter(table.values())):
        raise DataError("has no rows")
    return table


def numbers(table: Columns, column: str) -> FloatArray:
    """One column as numbers. Raises `DataError` for the first cell that is not one."""
    values = np.empty(len(table[column]))
    for row, text in enumerate(table[column]):
        try:
            values[row] = float(text)
        except ValueError:
            raise DataError(f"{text!r} is not a number", row=row, column=column) from None
    return values


def line_of(path: Path, row: int) -> int:
    """Line of the file on which a data row ends; cells of a CSV file may span lines."""
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return row + 1
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = _reader(path, file)
        for _ in range(row + 2):
            next(reader, None)
        return int(reader.line_num)


def _csv(path: Path) -> Columns:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = _reader(path, file)
        header = [name.strip() for name in next(reader, [])]
        rows = [row for row in reader if row]
    for i, row in enumerate(rows):
        if len(row) != len(header):
            raise DataError(f"has {len(row)} cells, the header has {len(header)}", row=i)
    cells = zip(*rows, strict=True) if rows else ([] for _ in header)
    return {
        name: [cell.strip() for cell in column] for name, column in zip(header, cells, strict=True)
    }


def _reader(path: Path, lines: Iterator[str]) -> Any:
    return csv.reader(lines, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")


def _jsonl(path: Path) -> Columns:
    records = []
    with path.open(encoding="utf-8-sig") as file:
        for row, line in enumerate(file):
            try:
                record = json.loads(line)
            except json.JSONDecodeError as error:
                raise DataError(f"is not JSON: {error.msg}", row=row) from error
            if not isinstance(record, dict):
                raise DataError("is not a JSON object", row=row)
            records.append(record)
    names = dict.fromkeys(name for record in records for name in record)
    return {name: [_text(record.get(name)) for record in records] for name in names}


def _parquet(path: Path) -> Columns:
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise DataError("reading Parquet needs pyarrow: pip install pyarrow") from error
    table = parquet.read_table(path)
    return {
        name: [_text(value) for value in table.column(name).to_pylist()]
        for name in table.column_names
    }


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _renamed(table: Columns, columns: Mapping[str, str]) -> Columns:
    for name in columns.values():
        if name not in table:
            raise DataError(f"is missing; the file has {', '.join(table)}", column=name)
    return table | {key: table[name] for key, name in columns.items()}


def _refuse_empty(table: Columns, column: str) -> None:
    for row, text in enumerate(table.get(column, [])):
        if not text:
            raise DataError("is empty", row=row, column=column)


def _covariate(table: Columns, name: str) -> FloatArray:
    if name in table:
        return numbers(table, name)
    if f"{name}_a" in table and f"{name}_b" in table:
        return numbers(table, f"{name}_a") - numbers(table, f"{name}_b")
    raise DataError(f"is missing, and so are {name}_a and {name}_b", column=name)
