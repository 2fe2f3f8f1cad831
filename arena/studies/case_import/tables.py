"""Rows of CSV, TSV and JSON Lines files."""

import csv
import difflib
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from arena.core.errors import RowError
from arena.studies.case_import.rows import GENERAL, STRATA, Row
from arena.studies.formats.base import LONGEST_TEXT
from arena.studies.new_case import SourceFile

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
# One setting for the whole process; csv's own 131,072 would refuse long notes, none at all would
# let one unclosed quote swallow the file.
csv.field_size_limit(2 * LONGEST_TEXT)


def read_table(
    file: SourceFile,
    *,
    columns: Mapping[str, str],
    required: Sequence[str],
    known: Collection[str] = GENERAL,
) -> Iterator[Row]:
    """The rows of a table; ``columns`` maps our column names to the file's own.

    A column that is close to a ``known`` one is refused as a slip; others are left alone.
    """
    suffix = Path(file.name).suffix.lower()
    reader = _csv_rows if suffix in {".csv", ".tsv"} else _jsonl_rows
    text = decoded(file)
    if not text.strip():
        raise RowError("is empty", file.name)
    seen: set[frozenset[str]] = set()
    for row in reader(file.name, text):
        renamed = _renamed(row, columns)
        names = frozenset(renamed.fields)
        if names not in seen:
            _check_columns(renamed, required, known)
            seen.add(names)
        yield renamed


def decoded(file: SourceFile) -> str:
    """The text of a UTF-8 file; raises ``RowError`` naming row and byte of the first fault."""
    try:
        return file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = file.data.count(b"\n", 0, error.start) + 1
        byte = file.data[error.start]
        raise RowError(
            f"byte {error.start + 1} (0x{byte:02X}) is not UTF-8: save the file as UTF-8 "
            "(in a spreadsheet: CSV UTF-8)",
            file.name,
            row,
        ) from error


def _csv_rows(name: str, text: str) -> Iterator[Row]:
    header_line = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=header_line.count)
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    number = named = 0
    try:
        for number, cells in enumerate(records, start=1):
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header, named = _header(name, number, cells), number
                continue
            if len(cells) != len(header):
                problem = f"has {len(cells)} cells, but the header has {len(header)}"
                raise RowError(problem, name, number)
            yield Row(name, number, dict(zip(header, cells, strict=True)), named)
    except csv.Error as error:
        problem = f"cannot be read as CSV ({error}): check the quotes"
        raise RowError(problem, name, number + 1) from error


def _header(name: str, number: int, cells: list[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    for column in header:
        if header.count(column) > 1:
            raise RowError("appears twice in the header: rename one", name, number, column)
    return header


def _jsonl_rows(name: str, text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line, parse_constant=_refuse_constant)
        except RecursionError as error:
            raise RowError("is nested too deeply", name, number) from error
        except ValueError as error:
            raise RowError(f"is not JSON ({error})", name, number) from error
        if not isinstance(fields, dict):
            raise RowError('is not a JSON object, as in {"key": …}', name, number)
        yield Row(name, number, fields)


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON: write null")


def _renamed(row: Row, columns: Mapping[str, str]) -> Row:
    if not columns:
        return row
    theirs = {their: our for our, their in columns.items()}
    for their, our in theirs.items():
        if their not in row.fields:
            raise row.column_error(f"is missing, but was named as {our!r}", their)
    fields: dict[str, Any] = {theirs.get(name, name): value for name, value in row.fields.items()}
    return Row(row.file, row.number, fields, row.header)


def _check_columns(row: Row, required: Sequence[str], known: Collection[str]) -> None:
    for column in required:
        if column not in row.fields:
            has = ", ".join(row.fields) or "none"
            raise row.column_error(f"is missing; the columns are: {has}", column)
    for column in row.fields:
        near = difflib.get_close_matches(column, known, n=1, cutoff=0.8)
        if column not in known and not column.startswith(STRATA) and near:
            raise row.column_error(f"is not known: did you mean {near[0]!r}?", column)
