"""Building exports: asked for once, built by a worker, kept under the digest of their bytes."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from arena.accounts.models import User
from arena.core.audit import audit_record
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.core.faults import Faults
from arena.core.queue import TaskName, enqueue
from arena.exports.archive import zipped
from arena.exports.data import export_data
from arena.exports.formats import files_of, format_named
from arena.exports.models import Export
from arena.exports.selectors import export_current
from arena.exports.vote_import import grouped, outcomes_read, votes_store
from arena.leaderboards.selectors import votes_seen
from arena.studies.models import Study
from arena.studies.selectors import protocol_current
from arena.voting.counting import origins_with_votes

Status = Export.Status


def export_request(*, study: Study, name: str, origin: str, by: User | None) -> Export:
    """The export as it would be now: the one there is, or a new one that a worker will build.

    Raises ``UserError`` for an unknown format or where there is no vote of that origin.
    """
    format_named(name)
    newest = _last_vote(study, origin)
    with write_txn():
        found = export_current(study=study, name=name, origin=origin, last_vote=newest)
        if found:
            return found
        export = Export.objects.create(
            study=study, format=name, origin=origin, last_vote=newest, requested_by=by
        )
        audit_record(
            actor=by or "public", action="export-requested", target=export, detail={"id": export.pk}
        )
        enqueue(TaskName.BUILD_EXPORT, export_id=export.pk)
    return export


def export_build(*, export_id: int) -> Export:
    """Builds a waiting export; one that has ended is returned as it is, so a repeat is harmless."""
    export = Export.objects.select_related("study").get(pk=export_id)
    if export.status != Status.QUEUED:
        return export
    try:
        archive = zipped(_files(export), folder=f"{export.study.slug}-{export.format}")
    except UserError as error:
        return _ended(export, status=Status.FAILED, error=str(error))
    except Exception:
        _ended(export, status=Status.FAILED, error="A fault of ours; the operator's log has more.")
        raise
    digest = hashlib.sha256(archive).hexdigest()
    path = f"exports/{digest}.zip"
    if not default_storage.exists(path):
        path = default_storage.save(path, ContentFile(archive))
    return _ended(export, status=Status.READY, file=path, digest=digest, size=len(archive))


def export_write(*, study: Study, name: str, origin: str, folder: Path) -> list[Path]:
    """Writes an export's files into a new or empty ``folder`` and returns their paths."""
    export = Export(study=study, format=name, origin=origin, last_vote=_last_vote(study, origin))
    files = _files(export)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is not an empty folder: name a new one.")
    folder.mkdir(parents=True, exist_ok=True)
    audit_record(actor="system", action="export-written", target=export)
    paths = [folder / name for name in sorted(files)]
    for path in paths:
        path.write_bytes(files[path.name])
    return paths


def votes_import(
    *,
    study: Study,
    by: User,
    path: Path,
    create_missing: bool = False,
    columns: Mapping[str, str] | None = None,
) -> int:
    """Imports every vote of a file, or none; returns how many.

    Raises ``RowError`` naming file, row and column of a fault, ``FaultsError`` for several.
    """
    protocol, faults = protocol_current(study=study), Faults()
    rows = outcomes_read(path, columns=columns or {}, faults=faults)
    votes = grouped(rows, protocol=protocol, faults=faults)
    faults.refuse()
    with write_txn():
        count = votes_store(
            votes, study=study, protocol=protocol, by=by, create_missing=create_missing
        )
        detail = {"file": path.name, "votes": count}
        audit_record(actor=by, action="votes-imported", target=study.slug, detail=detail)
        enqueue(TaskName.REFRESH_LEADERBOARD, study_id=study.pk)
    return count


def _files(export: Export) -> dict[str, bytes]:
    data = export_data(
        study=export.study,
        protocol=protocol_current(study=export.study),
        origin=export.origin,
        last_vote=export.last_vote,
    )
    return files_of(export.format, data)


def _last_vote(study: Study, origin: str) -> int:
    newest = votes_seen(study=study, origin=origin)["last_vote"]
    if not newest:
        others = ", ".join(origins_with_votes(study=study)) or "none"
        raise UserError(f"{study.slug} has no {origin} votes to export; votes there are: {others}.")
    return newest


def _ended(export: Export, **changes: object) -> Export:
    """Records the end unless somebody else's build was first."""
    changes["finished_at"] = timezone.now()
    with write_txn():
        Export.objects.filter(pk=export.pk, status=Status.QUEUED).update(**changes)
    export.refresh_from_db()
    return export
