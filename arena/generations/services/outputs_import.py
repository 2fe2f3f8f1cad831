"""Outputs that were made elsewhere, from a table with or without files: all of them or none."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils import timezone

from arena.accounts.models import User
from arena.core.audit import audit_record
from arena.core.db import write_txn
from arena.core.errors import RowError, UserError
from arena.core.faults import Faults
from arena.generations.leak_filter import texts_of
from arena.generations.models import Generation, OutputFile, StudySystem
from arena.generations.services.answers import (
    InvalidOutputError,
    answered,
    failed,
    output_checked,
)
from arena.generations.services.output_files import files_saved
from arena.generations.services.output_lines import Line, lines_of
from arena.generations.services.output_sources import Source, source_of
from arena.studies.formats import case_facts
from arena.studies.models import CaseVersion, Study
from arena.studies.new_case import NewAsset
from arena.studies.selectors import case_versions_current, protocol_current
from evaluation.kinds import OutputKind, kind_for


def outputs_import(
    *,
    study: Study,
    by: User,
    system_slug: str,
    path: Path,
    name: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> int:
    """Store the outputs of a table under the study's system ``system_slug``; returns how many.

    Columns: ``case`` (the case's key) and ``text``, ``record`` (JSON), ``file`` (whose content is
    the record) or ``failure`` (a failure class). A folder, zip or tar archive holds one table and
    the files that it names, or only files that are called as their cases. ``name`` is what to
    call the file in errors; ``columns`` maps our column names to the file's own. Raises
    ``RowError`` for a faulty row, ``FaultsError`` for several, and stores nothing then.
    """
    held = _study_system(study, system_slug)
    kind = kind_for(protocol_current(study=study).output_kind)
    cases = {version.case.key: version for version in case_versions_current(study=study)}
    source = source_of(path, name or path.name)
    file = source.table.name
    faults = Faults()
    outputs: list[Output] = []
    with faults.caught():  # what ends the reading as a whole
        outputs = _outputs(held, kind, cases, source, columns or {}, faults)
    rows = [row for row, _ in outputs]
    _add_answered(held, rows, file, faults)
    faults.refuse()
    if not rows:
        raise RowError("holds no outputs", file)
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


def _outputs(
    held: StudySystem,
    kind: OutputKind,
    cases: dict[str, CaseVersion],
    source: Source,
    columns: Mapping[str, str],
    faults: Faults,
) -> list[Output]:
    found: dict[str, Output] = {}
    named: set[str] = set()
    file = source.table.name
    for line in lines_of(source, kind.key, columns, faults):
        files = {text: source.files[text] for text in texts_of(line.record) if text in source.files}
        named |= {*files, line.file}
        with faults.caught():
            _refuse_unknown(line, cases, found, file)
            found[line.case] = _output(held, kind, cases[line.case], line, files, file)
    if not faults.total:  # a file may be named by a faulty row
        for name in sorted(set(source.files) - named):
            faults.add(RowError("lies beside the table, but no row names it", name))
    return list(found.values())


def _refuse_unknown(
    line: Line, cases: Mapping[str, CaseVersion], found: Mapping[str, Output], file: str
) -> None:
    if line.case not in cases:
        raise RowError(f"the study has no case {line.case!r}", file, line.number, "case")
    if line.case in found:
        problem = f"case {line.case!r} was answered in an earlier row"
        raise RowError(problem, file, line.number, "case")


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
    """Once more under the lock: somebody else's upload may have been faster."""
    faults = Faults()
    _add_answered(held, rows, file, faults)
    faults.refuse()


def _add_answered(held: StudySystem, rows: list[Generation], file: str, faults: Faults) -> None:
    answered_before = set(
        held.generations.filter(
            case_version__in=[row.case_version_id for row in rows], repeat=0
        ).values_list("case_version_id", flat=True)
    )
    for row in rows:
        if row.case_version_id in answered_before:
            key = row.case_version.case.key
            problem = f"{held.label} has answered case {key!r} already; outputs are never replaced"
            faults.add(RowError(problem, file, row.provenance["row"], "case"))
