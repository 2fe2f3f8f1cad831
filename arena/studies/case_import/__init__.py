"""Reading cases from files: everything is read and checked before anything is stored."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from django.conf import settings

from arena.core.errors import RowError, UserError
from arena.core.faults import Faults
from arena.studies.case_check import checked_case
from arena.studies.case_import.files import folder_files, zip_files
from arena.studies.case_import.grouping import file_cases, is_case_table
from arena.studies.case_import.rows import Row, case_from_row, columns_of
from arena.studies.case_import.tables import TABLES, read_table
from arena.studies.formats import CaseFormat, format_for
from arena.studies.new_case import CaseError, NewCase, SourceFile

FoundCase = tuple[Row, NewCase]
ARCHIVE = ".zip"


def cases_read(
    path: Path, *, name: str, input_kind: str, output_kind: str, columns: Mapping[str, str]
) -> list[FoundCase]:
    """Every case of a file or folder, checked, with the place it was found at.

    Raises ``RowError`` (file, row, column, what to do), or ``FaultsError`` where there are several.
    """
    _refuse_unreadable(path, name)
    faults = Faults()
    cases: list[FoundCase] = []
    keys: dict[str, Row] = {}
    with faults.caught():  # what ends the reading as a whole
        for row, case in _found(path, name, format_for(input_kind), columns, faults):
            with faults.caught():
                cases.append((row, _checked(row, case, input_kind, output_kind)))
            with faults.caught():
                _refuse_used(row, case.key, keys)
    faults.refuse()
    if not cases:
        raise RowError("holds no cases", name)
    return cases


def _found(
    path: Path, name: str, case_format: CaseFormat, columns: Mapping[str, str], faults: Faults
) -> Iterable[FoundCase]:
    """Cases as they are read, not yet checked."""
    if case_format.files is not None and not _only_rows(path, name, case_format):
        return file_cases(_files(path, name), name, case_format, columns, faults)
    return _table_cases(path, name, case_format, columns, faults)


def _refuse_unreadable(path: Path, name: str) -> None:
    if not path.exists():
        raise UserError(f"There is no file or folder {name}: check the path.")
    if path.is_file() and path.stat().st_size == 0:
        raise RowError("is empty", name)
    if path.is_file() and path.stat().st_size > settings.UPLOAD_LIMIT_BYTES:
        limit = settings.UPLOAD_LIMIT_BYTES // 2**20
        raise RowError(f"is larger than {limit} MB: import it in parts", name)


def _only_rows(path: Path, name: str, case_format: CaseFormat) -> bool:
    """Whether this is a table of whole cases, for a format that needs no files beside it."""
    rule = case_format.files
    return rule is not None and not rule.needed and path.is_file() and is_case_table(name, rule)


def _table_cases(
    path: Path, name: str, case_format: CaseFormat, columns: Mapping[str, str], faults: Faults
) -> Iterable[FoundCase]:
    if path.is_dir() or Path(name).suffix.lower() not in TABLES:
        raise RowError(f"is not a table: such cases come as {', '.join(TABLES)}", name)
    data = SourceFile(name, path.read_bytes())
    required = ("key", *case_format.required)
    known = columns_of(case_format)
    for row in read_table(data, columns=columns, required=required, faults=faults, known=known):
        case = None
        with faults.caught():
            case = case_from_row(row, case_format)
        if case is not None:
            yield row, case


def _files(path: Path, name: str) -> Iterable[SourceFile]:
    if path.is_dir():
        return folder_files(path)
    if Path(name).suffix.lower() == ARCHIVE:
        return zip_files(path, name)
    return [SourceFile(Path(name).name, path.read_bytes())]


def _checked(row: Row, case: NewCase, input_kind: str, output_kind: str) -> NewCase:
    try:
        return checked_case(case, input_kind=input_kind, output_kind=output_kind)
    except CaseError as error:
        raise row.error(error.problem, error.field) from error


def _refuse_used(row: Row, key: str, first: dict[str, Row]) -> None:
    """That no row before, faulty or not, had the same key."""
    there = first.setdefault(key, row)
    if key and there is not row:
        raise row.error(f"the key {key!r} was already used in {there.where}", "key")
