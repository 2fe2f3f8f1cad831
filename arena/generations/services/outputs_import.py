"""Outputs that were made elsewhere, from a CSV or JSONL file: all of them or none."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone

from arena.accounts.models import User
from arena.core.audit import audit_record
from arena.core.db import write_txn
from arena.core.errors import RowError, UserError
from arena.generations.models import Generation, StudySystem
from arena.generations.services.answers import (
    InvalidOutputError,
    answered,
    failed,
    record_checked,
)
from arena.studies.formats import case_facts
from arena.studies.models import CaseVersion, Study
from arena.studies.selectors import case_versions_current, protocol_current
from evaluation.kinds import OutputKind, kind_for

COLUMNS = "case and one of text, record or failure"
ANSWERS = {"text", "record", "failure"}
csv.field_size_limit(64 * 2**20)


@dataclass(frozen=True)
class Line:
    """One row of the file: which case, and the record or the failure it brings."""

    number: int
    case: str
    record: Any
    failure: str


def outputs_import(
    *, study: Study, by: User, system_slug: str, path: Path, name: str | None = None
) -> int:
    """Store the file's outputs under the study's system ``system_slug``; returns how many.

    Columns: ``case`` (the case's key) and ``text``, ``record`` (JSON) or ``failure`` (a failure
    class). ``name`` is what to call the file in errors. Raises ``RowError`` for the first faulty
    row and stores nothing then.
    """
    held = _study_system(study, system_slug)
    kind = kind_for(protocol_current(study=study).output_kind)
    cases = {version.case.key: version for version in case_versions_current(study=study)}
    file = name or path.name
    rows = _rows(held, kind, cases, _lines(path, file), file)
    with write_txn():
        _refuse_answered(held, rows, file)
        Generation.objects.bulk_create(rows, batch_size=200)
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


def _rows(
    held: StudySystem,
    kind: OutputKind,
    cases: dict[str, CaseVersion],
    lines: Iterator[Line],
    file: str,
) -> list[Generation]:
    found: dict[str, Generation] = {}
    for line in lines:
        if line.case not in cases:
            raise RowError(f"the study has no case {line.case!r}", file, line.number, "case")
        if line.case in found:
            problem = f"case {line.case!r} was answered in an earlier row"
            raise RowError(problem, file, line.number, "case")
        found[line.case] = _generation(held, kind, cases[line.case], line, file)
    if not found:
        raise RowError("holds no outputs", file)
    return list(found.values())


def _generation(
    held: StudySystem, kind: OutputKind, version: CaseVersion, line: Line, file: str
) -> Generation:
    row = Generation(
        study_system=held,
        case_version=version,
        resource="",
        finished_at=timezone.now(),
        provenance={"adapter": held.version.adapter, "imported_from": file, "row": line.number},
    )
    for column, value in _columns(row, kind, version, line, file).items():
        setattr(row, column, value)
    return row


def _columns(
    row: Generation, kind: OutputKind, version: CaseVersion, line: Line, file: str
) -> dict[str, Any]:
    if line.failure:
        if line.failure not in Generation.Failure.values:
            known = ", ".join(Generation.Failure.values)
            problem = f"{line.failure!r} is not a failure class; there are: {known}"
            raise RowError(problem, file, line.number, "failure")
        return failed(line.failure, "Imported as a failure.")
    try:
        facts = case_facts(version)
        return answered(row, record_checked(line.record, kind=kind, facts=facts))
    except InvalidOutputError as error:
        if error.failure == Generation.Failure.EMPTY:
            return failed(error.failure, str(error))
        raise RowError(str(error), file, line.number, "record") from error


def _refuse_answered(held: StudySystem, rows: list[Generation], file: str) -> None:
    wanted = {row.case_version_id: row for row in rows}
    known = held.generations.filter(case_version__in=list(wanted), repeat=0)
    for case_version_id in known.values_list("case_version_id", flat=True):
        row = wanted[case_version_id]
        key = row.case_version.case.key
        problem = f"{held.label} has answered case {key!r} already; outputs are never replaced"
        raise RowError(problem, file, row.provenance["row"], "case")


def _lines(path: Path, file: str) -> Iterator[Line]:
    readers = {".csv": _csv_rows, ".jsonl": _jsonl_rows}
    if path.suffix.lower() not in readers:
        raise RowError("must be a .csv or a .jsonl file", file)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RowError("is not UTF-8 text: save it as UTF-8", file) from error
    for number, row in readers[path.suffix.lower()](text, file):
        yield _line(number, row, file)


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
