"""Outputs that were made elsewhere, from a table with or without files: all of them or none."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from django.utils import timezone

from arena.accounts.models import User
from arena.core.audit import audit_record
from arena.core.db import write_txn
from arena.core.errors import RowError, UserError
from arena.generations.leak_filter import texts_of
from arena.generations.models import Generation, OutputFile, StudySystem
from arena.generations.services.answers import (
    InvalidOutputError,
    answered,
    failed,
    output_checked,
)
from arena.generations.services.output_files import files_saved
from arena.studies.case_import.files import folder_files, zip_files
from arena.studies.formats import case_facts
from arena.studies.models import CaseVersion, Study
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.selectors import case_versions_current, protocol_current
from evaluation.kinds import OutputKind, kind_for

COLUMNS = "case and one of text, record or failure"
ANSWERS = {"text", "record", "failure"}
TABLES = (".csv", ".jsonl")
csv.field_size_limit(64 * 2**20)


@dataclass(frozen=True)
class Line:
    """One row of the file: which case, and the record or the failure it brings."""

    number: int
    case: str
    record: Any
    failure: str


@dataclass(frozen=True)
class Source:
    """The table of outputs, and the files beside it by their paths from it."""

    table: SourceFile
    files: Mapping[str, bytes]


def outputs_import(
    *, study: Study, by: User, system_slug: str, path: Path, name: str | None = None
) -> int:
    """Store the outputs of a table under the study's system ``system_slug``; returns how many.

    Columns: ``case`` (the case's key) and ``text``, ``record`` (JSON) or ``failure`` (a failure
    class). A folder or zip archive holds one table and the files that its records name. ``name``
    is what to call the file in errors. Raises ``RowError`` for the first faulty row and stores
    nothing then.
    """
    held = _study_system(study, system_slug)
    kind = kind_for(protocol_current(study=study).output_kind)
    cases = {version.case.key: version for version in case_versions_current(study=study)}
    source = _source(path, name or path.name)
    file = source.table.name
    outputs = _outputs(held, kind, cases, source)
    rows = [row for row, _ in outputs]
    with write_txn():
        _refuse_answered(held, rows, file)
        Generation.objects.bulk_create(rows, batch_size=200)
        saved = [one for row, assets in outputs for one in files_saved(row, assets)]
        OutputFile.objects.bulk_create(saved, batch_size=200)
        audit_record(
            actor=by,
            action="generation:import",
            target=study.slug,
            detail={"system": held.label, "rows": len(rows)},
        )
    return len(rows)


def _study_system(study: Study, slug: str) -> StudySystem:
    active = StudySystem.objects.filter(study=study, withdrawn_at=None)
    held = active.filter(version__system__slug=slug).select_related("version__system").last()
    if held is None:
        raise UserError(f"No system {slug!r} takes part in “{study.title}”: add it first.")
    return held


Output = tuple[Generation, list[NewAsset]]


def _source(path: Path, name: str) -> Source:
    if path.is_dir():
        files = list(folder_files(path))
    elif path.suffix.lower() == ".zip":
        files = list(zip_files(path, name))
    else:
        return Source(SourceFile(name, path.read_bytes()), {})
    tables = [file for file in files if PurePosixPath(file.name).suffix.lower() in TABLES]
    if len(tables) != 1:
        raise RowError(f"holds {len(tables)} tables of outputs: there must be one", name)
    home = PurePosixPath(tables[0].name).parent
    others = {_from(home, file.name): file.data for file in files if file is not tables[0]}
    return Source(tables[0], others)


def _from(home: PurePosixPath, name: str) -> str:
    path = PurePosixPath(name)
    return (path.relative_to(home) if path.is_relative_to(home) else path).as_posix()


def _outputs(
    held: StudySystem, kind: OutputKind, cases: dict[str, CaseVersion], source: Source
) -> list[Output]:
    found: dict[str, Output] = {}
    named: set[str] = set()
    file = source.table.name
    for line in _lines(source.table):
        if line.case not in cases:
            raise RowError(f"the study has no case {line.case!r}", file, line.number, "case")
        if line.case in found:
            problem = f"case {line.case!r} was answered in an earlier row"
            raise RowError(problem, file, line.number, "case")
        files = {text: source.files[text] for text in texts_of(line.record) if text in source.files}
        found[line.case] = _output(held, kind, cases[line.case], line, files, file)
        named |= set(files)
    if not found:
        raise RowError("holds no outputs", file)
    for name in set(source.files) - named:
        raise RowError("lies beside the table, but no row names it", name)
    return list(found.values())


def _output(
    held: StudySystem,
    kind: OutputKind,
    version: CaseVersion,
    line: Line,
    files: Mapping[str, bytes],
    file: str,
) -> Output:
    row = Generation(
        study_system=held,
        case_version=version,
        resource="",
        finished_at=timezone.now(),
        provenance={"adapter": held.version.adapter, "imported_from": file, "row": line.number},
    )
    columns, assets = _columns(row, kind, line, files, file)
    for column, value in columns.items():
        setattr(row, column, value)
    return row, assets


def _columns(
    row: Generation, kind: OutputKind, line: Line, files: Mapping[str, bytes], file: str
) -> tuple[dict[str, Any], list[NewAsset]]:
    if line.failure:
        if line.failure not in Generation.Failure.values:
            known = ", ".join(Generation.Failure.values)
            problem = f"{line.failure!r} is not a failure class; there are: {known}"
            raise RowError(problem, file, line.number, "failure")
        return failed(line.failure, "Imported as a failure."), []
    try:
        facts = case_facts(row.case_version)
        record, assets = output_checked(line.record, files, kind=kind, facts=facts)
    except InvalidOutputError as error:
        if error.failure == Generation.Failure.EMPTY:
            return failed(error.failure, str(error)), []
        raise RowError(str(error), file, line.number, "record") from error
    return answered(row, record), assets


def _refuse_answered(held: StudySystem, rows: list[Generation], file: str) -> None:
    wanted = {row.case_version_id: row for row in rows}
    known = held.generations.filter(case_version__in=list(wanted), repeat=0)
    for case_version_id in known.values_list("case_version_id", flat=True):
        row = wanted[case_version_id]
        key = row.case_version.case.key
        problem = f"{held.label} has answered case {key!r} already; outputs are never replaced"
        raise RowError(problem, file, row.provenance["row"], "case")


def _lines(table: SourceFile) -> Iterator[Line]:
    readers = {".csv": _csv_rows, ".jsonl": _jsonl_rows}
    suffix = PurePosixPath(table.name).suffix.lower()
    if suffix not in readers:
        raise RowError("must be a .csv or a .jsonl file, or a .zip of one with files", table.name)
    try:
        text = table.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RowError("is not UTF-8 text: save it as UTF-8", table.name) from error
    for number, row in readers[suffix](text, table.name):
        yield _line(number, row, table.name)


def _csv_rows(text: str, file: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    try:
        named = set(reader.fieldnames or [])
        if "case" not in named or not named & ANSWERS:
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


def _line(number: int, row: dict[str, Any], file: str) -> Line:
    given = [column for column in ("text", "record", "failure") if column in row]
    if "case" not in row or len(given) != 1:
        raise RowError(f"needs {COLUMNS}", file, number)
    record = {"text": row["text"]} if "text" in row else row.get("record")
    if isinstance(record, str):
        try:
            record = json.loads(record)
        except (ValueError, RecursionError) as error:
            raise RowError(f"is not valid JSON ({error})", file, number, "record") from error
    return Line(number, str(row["case"]), record, str(row.get("failure", "")))
