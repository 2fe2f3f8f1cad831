"""Rows of CSV, TSV and JSON Lines files."""

import csv
import difflib
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from arena.core.errors import ColumnError, RowError
from arena.core.faults import Faults
from arena.studies.case_import.rows import GENERAL, STRATA, Row
from arena.studies.new_case import SourceFile

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
# One setting for the whole process; csv's own 131,072 would refuse long notes and masks, none at
# all would let one unclosed quote swallow the file.
csv.field_size_limit(64 * 2**20)
DELIMITERS = ",;\t"
MOST_LIKE = 3  # columns named to somebody who lacks one


def read_table(
    file: SourceFile,
    *,
    columns: Mapping[str, str],
    required: Sequence[str],
    faults: Faults,
    known: Collection[str] = GENERAL,
) -> Iterator[Row]:
    """The good rows of a table; ``columns`` maps our column names to the file's own.

    A column that is close to a ``known`` one is refused as a slip; others are left alone. What is
    wrong with a row goes to ``faults``; raises ``RowError`` where nothing more can be read.
    """
    suffix = Path(file.name).suffix.lower()
    reader = _csv_rows if suffix in {".csv", ".tsv"} else _jsonl_rows
    text = decoded(file)
    if not text.strip():
        raise RowError("is empty", file.name)
    seen: set[frozenset[str]] = set()
    for row in reader(file.name, text, faults):
        names = frozenset(row.fields)
        if names not in seen:
            wrong = _column_faults(row, columns, required, known)
            for fault in wrong:
                faults.add(fault)
            if wrong and row.header:
                return
            if wrong:
                continue
            seen.add(names)
        yield _renamed(row, columns)


def decoded(file: SourceFile) -> str:
    """The text of a UTF-8 file; raises ``RowError`` naming row and byte of the first fault."""
    try:
        return file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = _row_at(file, error.start)
        byte = file.data[error.start]
        raise RowError(
            f"byte {error.start + 1} (0x{byte:02X}) is not UTF-8: save the file as UTF-8 "
            "(in a spreadsheet: CSV UTF-8)",
            file.name,
            row,
        ) from error


def _row_at(file: SourceFile, place: int) -> int:
    """The row that a byte lies in, counted as rows are: a quoted line break begins none."""
    before = file.data[:place].decode("utf-8-sig", "replace") + "?"
    if Path(file.name).suffix.lower() not in {".csv", ".tsv"}:
        return before.count("\n") + 1
    return sum(1 for _ in _records(before, strict=False))


def _records(text: str, *, strict: bool) -> Iterator[list[str]]:
    header_line = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(DELIMITERS, key=header_line.count)
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)


def _csv_rows(name: str, text: str, faults: Faults) -> Iterator[Row]:
    header: list[str] = []
    number = named = 0
    try:
        for number, cells in enumerate(_records(text, strict=True), start=1):
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header, named = _header(name, number, cells), number
                continue
            if len(cells) != len(header):
                problem = f"has {len(cells)} cells, but the header has {len(header)}"
                faults.add(RowError(problem, name, number))
                continue
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


def _jsonl_rows(name: str, text: str, faults: Faults) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        fields = None
        with faults.caught():
            fields = _object(line, name, number) if line.strip() else None
        if fields is not None:
            yield Row(name, number, fields)


def _object(line: str, name: str, number: int) -> dict[str, Any]:
    try:
        fields = json.loads(line, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise RowError("is nested too deeply", name, number) from error
    except ValueError as error:
        raise RowError(f"is not JSON ({error})", name, number) from error
    if not isinstance(fields, dict):
        raise RowError('is not a JSON object, as in {"key": …}', name, number)
    return fields


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON: write null")


def _renamed(row: Row, columns: Mapping[str, str]) -> Row:
    if not columns:
        return row
    theirs = {their: our for our, their in columns.items()}
    fields: dict[str, Any] = {theirs.get(name, name): value for name, value in row.fields.items()}
    return Row(row.file, row.number, fields, row.header)


def _column_faults(
    row: Row, columns: Mapping[str, str], required: Sequence[str], known: Collection[str]
) -> list[ColumnError]:
    """Columns that were named or are needed but not there, and those that look misspelt."""
    has = _renamed(row, columns).fields
    lacking = [name for name in required if name not in has and name not in columns]
    slips = {name: near for name in has if (near := _slip(name, known)) not in (None, *lacking)}
    return [
        *(
            row.column_error(f"is missing, but was named as {our!r}", their)
            for our, their in columns.items()
            if their not in row.fields
        ),
        *(
            row.column_error(_missing(name, list(has), known, place), name)
            for place, name in enumerate(lacking)
        ),
        *(
            row.column_error(f"is not known: did you mean {near!r}?", name)
            for name, near in slips.items()
        ),
    ]


def _slip(column: str, known: Collection[str]) -> str | None:
    """The known column that was probably meant."""
    if column in known or column.startswith(STRATA):
        return None
    return next(iter(difflib.get_close_matches(column, known, n=1, cutoff=0.8)), None)


def _missing(column: str, has: Sequence[str], known: Collection[str], place: int) -> str:
    """That a column is missing, what there is, and how to say that it is called otherwise.

    The example is the closest free column, or else the one at ``place``, so that examples differ.
    """
    free = [name for name in has if name not in known]
    near = _nearest(column, free)
    closest = f" (closest: {', '.join(near)})" if near else ""
    example = (near or free[place:] or ["NAME"])[0]
    return (
        f"is missing; the columns are: {', '.join(has) or 'none'}{closest}. If the file calls it "
        f"otherwise, say so under “The columns have other names” (--columns): {column}={example}"
    )


def _nearest(column: str, names: Sequence[str]) -> list[str]:
    plain = {name.casefold(): name for name in names}
    holding = [name for name in plain if column in name]
    close = difflib.get_close_matches(column, plain, n=MOST_LIKE, cutoff=0.5)
    return [plain[name] for name in dict.fromkeys([*holding, *close])][:MOST_LIKE]
