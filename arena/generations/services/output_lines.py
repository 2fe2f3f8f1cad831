"""The rows of a table of outputs: which case, and the record or the failure it brings."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from arena.core.errors import RowError
from arena.generations.services.output_records import case_named, record_of_file
from arena.generations.services.output_sources import Source
from arena.studies.new_case import SourceFile

COLUMNS = "case and one of text, record, file or failure"
ANSWERS = ("text", "record", "file", "failure")
csv.field_size_limit(64 * 2**20)


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    number: int
    case: str
    record: Any
    failure: str
    file: str = ""
    """The file whose content became the record."""


def lines_of(source: Source, kind: str) -> Iterator[Line]:
    """The rows in order; raises ``RowError`` for the first faulty one."""
    table = source.table
    if source.files and not table.data:
        yield from _lines_of_files(source, kind)
        return
    readers = {".csv": _csv_rows, ".jsonl": _jsonl_rows}
    suffix = PurePosixPath(table.name).suffix.lower()
    if suffix not in readers:
        problem = "must be a .csv or a .jsonl file, or a .zip or .tar of one with files"
        raise RowError(problem, table.name)
    try:
        text = table.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RowError("is not UTF-8 text: save it as UTF-8", table.name) from error
    for number, row in readers[suffix](text, table.name):
        yield _line(number, row, source, kind)


def _lines_of_files(source: Source, kind: str) -> Iterator[Line]:
    """An archive without a table: each file is called as the case it answers."""
    for number, (name, data) in enumerate(sorted(source.files.items()), start=1):
        record = record_of_file(SourceFile(name, data), kind=kind, labels=None)
        yield Line(number, case_named(name), record, "", name)


def _csv_rows(text: str, file: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    try:
        named = set(reader.fieldnames or [])
        if "case" not in named or not named & set(ANSWERS):
            raise RowError(f"needs the columns {COLUMNS}", file, 1)
        for row in reader:
            if None in row or None in row.values():
                raise RowError("has more or fewer cells than the header", file, reader.line_num)
            yield reader.line_num, {key: value for key, value in row.items() if value != ""}
    except csv.Error as error:
        raise RowError(f"is not valid CSV ({error})", file, reader.line_num) from error


def _jsonl_rows(text: str, file: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise RowError(f"is not valid JSON ({error})", file, number) from error
        if not isinstance(row, dict):
            raise RowError("must be a JSON object", file, number)
        yield number, row


def _line(number: int, row: dict[str, Any], source: Source, kind: str) -> Line:
    file = source.table.name
    given = [column for column in ANSWERS if column in row]
    if "case" not in row or len(given) != 1:
        raise RowError(f"needs {COLUMNS}", file, number)
    case, failure = str(row["case"]), str(row.get("failure", ""))
    if "file" in row:
        name = str(row["file"])
        return Line(number, case, _from_file(number, row, source, kind), failure, name)
    record = {"text": row["text"]} if "text" in row else row.get("record")
    return Line(number, case, _json(record, file, number, "record"), failure)


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
