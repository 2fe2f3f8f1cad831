"""Cases come in, change by new versions, and are withdrawn."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Max
from django.utils import timezone

from arena.accounts.models import User
from arena.core.audit import audit_record
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.studies.case_check import checked_case
from arena.studies.case_import import cases_read
from arena.studies.case_import.phi import refuse_findings
from arena.studies.models import Asset, Case, CaseVersion, Study, asset_path
from arena.studies.new_case import CaseError, NewAsset, NewCase
from arena.studies.selectors import protocol_current
from arena.studies.services.locks import study_lock

BATCH = 500
MOST_NAMED = 5


def case_add(
    *,
    study: Study,
    by: User,
    key: str,
    input_kind: str,
    content: Mapping[str, Any],
    title: str = "",
    reference: Mapping[str, Any] | None = None,
    strata: Mapping[str, str] | None = None,
    specialty: str = "",
    language: str = "en",
    synthetic: bool = False,
    source: str = "",
    licence: str = "",
    assets: Iterable[NewAsset] = (),
) -> CaseVersion:
    """Add a case, or the next version of it if it differs from the one there is.

    Raises ``UserError`` naming the field that does not fit.
    """
    case = NewCase(
        key=key,
        input_kind=input_kind,
        content=dict(content),
        title=title,
        reference=None if reference is None else dict(reference),
        strata=dict(strata or {}),
        specialty=specialty,
        language=language,
        synthetic=synthetic,
        source=source,
        licence=licence,
        assets=tuple(assets),
    )
    protocol = protocol_current(study=study)
    try:
        case = checked_case(case, input_kind=protocol.input_kind, output_kind=protocol.output_kind)
    except CaseError as error:
        raise UserError(f"Case {key!r}, {error}") from error
    cases_store(study=study, by=by, cases=[case])
    return CaseVersion.objects.filter(case__study=study, case__key=key).latest("number")


def cases_import(
    *,
    study: Study,
    by: User,
    path: Path | str,
    name: str | None = None,
    columns: Mapping[str, str] | None = None,
    accept_phi_findings: bool = False,
) -> int:
    """Import a table, an image, a folder or an archive; returns how many cases were new or changed.

    Everything is read and checked before anything is stored. ``name`` is what messages call the
    file; ``columns`` says under which names the file holds our columns. Raises ``RowError`` at
    the first fault, and ``PhiError`` while identifiers were found and not accepted.
    """
    path = Path(path)
    protocol = protocol_current(study=study)
    cases = cases_read(
        path,
        name=name or path.name,
        input_kind=protocol.input_kind,
        output_kind=protocol.output_kind,
        columns=columns or {},
    )
    if not accept_phi_findings:
        refuse_findings(cases, file=name or path.name)
    detail = {"file": name or path.name, "phi_findings_accepted": accept_phi_findings}
    return cases_store(study=study, by=by, cases=[case for _, case in cases], detail=detail)


def cases_store(
    *, study: Study, by: User, cases: Sequence[NewCase], detail: Mapping[str, Any] | None = None
) -> int:
    """Store checked cases, all or none; returns how many were new or changed.

    An identical case is left alone; a changed one gets a new version. A withdrawn case does not
    come back: it may have been withdrawn because it names a patient.
    """
    with write_txn():
        study_lock(study=study)
        if study.status == Study.Status.ARCHIVED:
            raise UserError(f"“{study.title}” is archived: no cases can be added any more.")
        newest = _newest_versions(study)
        _refuse_withdrawn([newest[case.key].case for case in cases if case.key in newest])
        fresh = [case for case in cases if _differs(case, newest.get(case.key))]
        owners = _cases_for(study, fresh)
        versions = [_version(case, owners[case.key], newest.get(case.key)) for case in fresh]
        CaseVersion.objects.bulk_create(versions, batch_size=BATCH)
        _assets_store(zip(versions, fresh, strict=True))
        counts = {"stored": len(fresh), "unchanged": len(cases) - len(fresh)}
        audit_record(
            actor=by, action="cases.store", target=study.slug, detail={**counts, **(detail or {})}
        )
    return len(fresh)


def case_withdraw(*, case: Case, by: User, reason: str) -> Case:
    """Take a case out of the study at once; what was voted on it stays, and says so."""
    if not reason.strip():
        raise UserError("Reason: say why the case is withdrawn.")
    with write_txn():
        changed = Case.objects.filter(pk=case.pk, withdrawn_at=None).update(
            withdrawn_at=timezone.now(), withdrawn_reason=reason.strip()[:300]
        )
        if changed:
            detail = {"reason": reason.strip()[:300]}
            audit_record(actor=by, action="case.withdraw", target=case, detail=detail)
    case.refresh_from_db()
    return case


def _newest_versions(study: Study) -> dict[str, CaseVersion]:
    newest = (
        CaseVersion.objects.filter(case__study=study)
        .order_by("case_id", "-number")
        .select_related("case")
        .defer("content", "reference")
    )
    found: dict[str, CaseVersion] = {}
    for version in newest.iterator(chunk_size=BATCH):
        found.setdefault(version.case.key, version)
    return found


def _refuse_withdrawn(known: Sequence[Case]) -> None:
    """All of them in one sentence: a file may hold a thousand."""
    gone = [case for case in known if case.withdrawn_at]
    if len(gone) == 1:
        raise UserError(
            f"Case {gone[0].key!r} was withdrawn ({gone[0].withdrawn_reason}): leave it out, "
            "or give it another key."
        )
    if gone:
        named = ", ".join(repr(case.key) for case in gone[:MOST_NAMED])
        more = f" and {len(gone) - MOST_NAMED:,} more" if len(gone) > MOST_NAMED else ""
        raise UserError(
            f"{len(gone):,} cases of the file were withdrawn: {named}{more}. Leave them out, "
            "or give them other keys."
        )


def _differs(case: NewCase, stored: CaseVersion | None) -> bool:
    if stored is None:
        return True
    described = {name: getattr(stored, name) for name in case.description}
    return (case.digest, case.description) != (stored.digest, described)


def _cases_for(study: Study, fresh: Sequence[NewCase]) -> dict[str, Case]:
    known = {case.key: case for case in study.cases.all()}
    last = study.cases.aggregate(last=Max("position"))["last"] or 0
    added = [
        Case(study=study, key=case.key, position=last + count)
        for count, case in enumerate((c for c in fresh if c.key not in known), start=1)
    ]
    Case.objects.bulk_create(added, batch_size=BATCH)
    return known | {case.key: case for case in added}


def _version(case: NewCase, owner: Case, stored: CaseVersion | None) -> CaseVersion:
    return CaseVersion(
        case=owner,
        number=stored.number + 1 if stored else 1,
        input_kind=case.input_kind,
        content=case.content,
        reference=case.reference,
        digest=case.digest,
        **case.description,
    )


def _assets_store(pairs: Iterable[tuple[CaseVersion, NewCase]]) -> None:
    """Files are named by their content, so one left behind by a rollback is found again."""
    rows = []
    for version, case in pairs:
        for asset in case.assets:
            row = Asset(
                case_version=version,
                name=asset.name,
                media_type=asset.media_type,
                digest=asset.digest,
                size=len(asset.data),
                meta=asset.meta,
            )
            path = asset_path(row, asset.name)
            if not default_storage.exists(path):
                path = default_storage.save(path, ContentFile(asset.data))
            row.file.name = path
            rows.append(row)
    Asset.objects.bulk_create(rows, batch_size=BATCH)
