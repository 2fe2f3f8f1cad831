"""An upload that waits for a word: of cases and of outputs, one for each person and study, and no
longer than an hour."""

import logging
from typing import Any
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError
from django.utils import timezone

from arena.accounts.models import User
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.studies.models import KEPT_FOR, KeptUpload, Study, kept_path
from arena.studies.selectors import upload_kept

log = logging.getLogger(__name__)

GONE = (
    "That file is being imported or was imported already, or it was kept for an hour and is gone: "
    "look at what the study has, and choose the file again if it is not there."
)


def upload_keep(
    *,
    study: Study,
    by: User,
    upload: "File[Any]",
    name: str,
    key: UUID,
    study_system: int | None = None,
) -> None:
    """Keep a file in place of the one that this person left in the study before.

    The row comes before the bytes and goes after them, so that no bytes are ever forgotten. Where
    they cannot be stored nothing is kept, and the person still learns what is wrong with the file.
    """
    for earlier in KeptUpload.objects.filter(
        study=study, user=by, study_system__isnull=study_system is None
    ):
        upload_drop(kept=earlier)
    kept = KeptUpload(
        study=study, user=by, key=key, study_system=study_system, name=name[:255], size=upload.size
    )
    kept.file.name = kept_path(kept, name)
    try:
        with write_txn():
            kept.save(force_insert=True)
    except IntegrityError:
        return  # another tab was faster and keeps its own
    _store(kept, upload)


def _store(kept: KeptUpload, upload: "File[Any]") -> None:
    try:
        upload.seek(0)
        default_storage.save(str(kept.file.name), upload)
    except Exception:  # whatever a storage raises, a full disk for one
        log.exception("Not kept: an upload for study %s", kept.study.slug)
        upload_drop(kept=kept)
    else:
        if not KeptUpload.objects.filter(pk=kept.pk).exists():
            upload_drop(kept=kept)  # another tab did so while the bytes were on their way


def upload_take(
    *, study: Study, by: User, key: UUID | str, study_system: int | None = None
) -> KeptUpload:
    """Whoever takes it may import it, and nobody else meanwhile: not a second click either.

    Raises ``UserError`` where this person keeps no such file in this study, or not any more.
    """
    with write_txn():
        kept = upload_kept(study=study, user=by, study_system=study_system)
        waiting = KeptUpload.objects.filter(
            study=study, user=by, study_system=study_system, key=key, taken_at=None
        )
        if kept is None or not waiting.update(taken_at=timezone.now()):
            raise UserError(GONE)
    return kept


def upload_put_back(*, kept: KeptUpload) -> None:
    """It waits again, as long as before."""
    with write_txn():
        KeptUpload.objects.filter(pk=kept.pk).update(taken_at=None)


def upload_drop(*, kept: KeptUpload) -> None:
    """Bytes that another tab stores meanwhile go as well: it saw the row and left them to us."""
    path = kept_path(kept, kept.name)
    default_storage.delete(path)
    with write_txn():
        KeptUpload.objects.filter(pk=kept.pk).delete()
    default_storage.delete(path)


def uploads_forget() -> int:
    """Remove what waited for too long; returns how many."""
    old = list(KeptUpload.objects.filter(created_at__lte=timezone.now() - KEPT_FOR))
    for kept in old:
        upload_drop(kept=kept)
    return len(old)
