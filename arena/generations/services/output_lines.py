"""The rows of a table of outputs: which case, and the record or the failure it brings."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from arena.core.errors import ColumnError, RowError
from arena.core.faults import Faults
from arena.generations.services.output_records import case_named, record_of_file
from arena.generations.services.output_sources import Source
from arena.studies.case_import.rows import Row
from arena.studies.case_import.tables import read_table
from arena.studies.new_case import SourceFile

COLUMNS = "case and one of text, record, file or failure"
ANSWERS = ("text", "record", "file", "failure")
KNOWN = ("case", *ANSWERS, "labels")
TABLES = (".csv", ".jsonl")


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    number: int
    case: str
    record: Any
    failure: str
    file: str = ""
    """The file whose content became the record."""


def lines_of(
    source: Source, kind: str, columns: Mapping[str, str], faults: Faults
) -> Iterator[Line]:
    """The good rows in order; what is wrong with others goes to ``faults``.

    ``columns`` maps our column names to the file's own. Raises ``RowError`` where nothing more can
    be read.
    """
    if source.files and not source.table.data:
        yield from _lines_of_files(source, kind, faults)
        return
    for row in _rows(source.table, columns, faults):
        line = None
        with faults.caught():
            line = _line(row, source, kind)
        if line is not None:
            yield line


def _lines_of_files(source: Source, kind: str, faults: Faults) -> Iterator[Line]:
    """An archive without a table: each file is called as the case it answers."""
    for number, (name, data) in enumerate(sorted(source.files.items()), start=1):
        line = None
        with faults.caught():
            record = record_of_file(SourceFile(name, data), kind=kind, labels=None)
            line = Line(number, case_named(name), record, "", name)
        if line is not None:
            yield line


def _rows(table: SourceFile, columns: Mapping[str, str], faults: Faults) -> Iterator[Row]:
    if PurePosixPath(table.name).suffix.lower() not in TABLES:
        problem = "must be a .csv or a .jsonl file, or a .zip or .tar of one with files"
        raise RowError(problem, table.name)
    rows = read_table(table, columns=columns, required=("case",), faults=faults, known=KNOWN)
    for row in rows:
        if row.header and not set(ANSWERS) & set(row.fields):
            has = ", ".join(row.fields)
            problem = f"needs the columns {COLUMNS}; the columns are: {has}"
            raise ColumnError(problem, table.name, row.header)
        yield row


def _line(row: Row, source: Source, kind: str) -> Line:
    filled = {name: value for name, value in row.fields.items() if value != "" or not row.header}
    number = row.number or 1
    given = [column for column in ANSWERS if column in filled]
    if "case" not in filled or len(given) != 1:
        raise row.error(f"needs {COLUMNS}")
    case, failure = str(filled["case"]), str(filled.get("failure", ""))
    if "file" in filled:
        name = str(filled["file"])
        return Line(number, case, _from_file(number, filled, source, kind), failure, name)
    record = {"text": filled["text"]} if "text" in filled else filled.get("record")
    return Line(number, case, _json(record, row.file, number, "record"), failure)


def _from_file(number: int, row: Mapping[str, Any], source: Source, kind: str) -> Any:
    name, file = str(row["file"]), source.table.name
    if name not in source.files:
        known = ", ".join(sorted(source.files)[:5]) or "none"
        problem = f"there is no file {name!r} beside the table ({known})"
        raise RowError(problem, file, number, "file")
    labels = _json(row.get("labels"), file, number, "labels", words=True)
    try:
        return record_of_file(SourceFile(name, source.files[name]), kind=kind, labels=labels)
    except RowError as error:
        column = error.column or "file"
        raise RowError(f"{name}: {error.problem}", file, number, column) from error


def _json(value: Any, file: str, number: int, column: str, *, words: bool = False) -> Any:
    """A cell that holds JSON; with ``words`` a cell may also be a plain word."""
    if not isinstance(value, str) or (words and not value.lstrip().startswith("{")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise RowError(f"is not valid JSON ({error})", file, number, column) from error
