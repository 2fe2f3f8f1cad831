"""Files as cases: which belong together, and what a table beside them says of each."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from django.conf import settings

from arena.core.errors import RowError
from arena.core.faults import Faults
from arena.studies.case_import.rows import Row, case_from_row, columns_of
from arena.studies.case_import.tables import TABLES, read_table
from arena.studies.formats import CaseFormat
from arena.studies.formats.base import FileGroup, FileRule
from arena.studies.new_case import NewCase, SourceFile

CASES = "cases"


def is_case_table(name: str, rule: FileRule) -> bool:
    """Whether a file lists cases; where files are tables themselves only ``cases.csv`` does."""
    path = PurePosixPath(name)
    return path.suffix.lower() in TABLES and (not rule.own_tables or path.stem.lower() == CASES)


def file_cases(
    files: Iterable[SourceFile],
    name: str,
    case_format: CaseFormat,
    columns: Mapping[str, str],
    faults: Faults,
) -> Iterator[tuple[Row, NewCase]]:
    """A case for each group of files, described by its row in the table where there is one."""
    rule = case_format.files
    assert rule is not None  # noqa: S101  the caller asked for files
    tables, others = _told_apart(files, rule)
    groups = rule.group(others, name)
    rows = _described(tables[0], groups, case_format, columns, faults) if tables else _plain(groups)
    total = 0
    for row, group in rows:
        case = None
        with faults.caught():
            found = rule.read(group.files, {each: row.line(each) for each in rule.options})
            case = case_from_row(row, case_format, found, key=group.key)
        if case is not None:
            total += sum(len(asset.data) for asset in case.assets)
            _refuse_too_much(total, name)
            yield row, case


def _told_apart(
    files: Iterable[SourceFile], rule: FileRule
) -> tuple[list[SourceFile], list[SourceFile]]:
    tables: list[SourceFile] = []
    others: list[SourceFile] = []
    for file in files:
        (tables if is_case_table(file.name, rule) else others).append(file)
    if len(tables) > 1:
        raise RowError("is a second table: put all rows into one", tables[1].name)
    return tables, others


def _refuse_too_much(total: int, name: str) -> None:
    if total > settings.UPLOAD_LIMIT_BYTES:
        limit = settings.UPLOAD_LIMIT_BYTES // 2**20
        raise RowError(f"comes to more than {limit} MB once read: import it in parts", name)


def _plain(groups: Iterable[FileGroup]) -> Iterator[tuple[Row, FileGroup]]:
    for group in groups:
        name = group.files[0].name if len(group.files) == 1 else group.key
        yield Row(name, None, {}), group


def _described(
    table: SourceFile,
    groups: Iterable[FileGroup],
    case_format: CaseFormat,
    columns: Mapping[str, str],
    faults: Faults,
) -> Iterator[tuple[Row, FileGroup]]:
    """Rows name a group by its key, its folder or any of its files."""
    left = {group.files[0].name: group for group in groups}
    named = {group.key: group for group in left.values()}
    named |= {file.name: group for group in left.values() for file in group.files}
    needed = case_format.files is None or case_format.files.needed
    required = ("file",) if needed else ("key",)
    known = columns_of(case_format)
    for row in read_table(table, columns=columns, required=required, faults=faults, known=known):
        group = None
        with faults.caught():
            group = _named(row, named) if needed or row.line("file") else FileGroup("", ())
        if group is None:
            continue
        if group.files:
            left.pop(group.files[0].name, None)
        yield row, group
    if faults.total:  # a file may be named by a faulty row
        return
    for first in left:
        faults.add(RowError(f"says nothing about the file {first!r}: add a row", table.name))


def _named(row: Row, named: Mapping[str, FileGroup]) -> FileGroup:
    file = row.line("file")
    group = named.get(file.rstrip("/"))
    if group is None:
        raise row.error(f"there is no file {file!r} beside the table", "file")
    return group
