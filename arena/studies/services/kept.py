"""An upload that waits for a word: once for each person and study, and no longer than an hour."""

from typing import Any
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError
from django.utils import timezone

from arena.accounts.models import User
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.studies.models import KeptUpload, Study, kept_path
from arena.studies.selectors import KEPT_FOR, upload_kept

GONE = (
    "That file is being imported or was imported already, or it was kept for an hour and is gone: "
    "look at the cases below, and choose the file again if they are not there."
)


def upload_keep(*, study: Study, by: User, upload: "File[Any]", name: str, key: UUID) -> None:
    """Keep a file in place of the one that this person left in the study before.

    The row comes before the bytes and goes after them, so that no bytes are ever forgotten.
    """
    for earlier in KeptUpload.objects.filter(study=study, user=by):
        upload_drop(kept=earlier)
    kept = KeptUpload(study=study, user=by, key=key, name=name[:255], size=upload.size)
    kept.file.name = kept_path(kept, name)
    try:
        with write_txn():
            kept.save(force_insert=True)
    except IntegrityError:
        return  # another tab was faster and keeps its own
    upload.seek(0)
    default_storage.save(kept.file.name, upload)


def upload_take(*, study: Study, by: User, key: UUID | str) -> KeptUpload:
    """Whoever takes it may import it, and nobody else meanwhile: not a second click either.

    Raises ``UserError`` where this person keeps no such file in this study, or not any more.
    """
    with write_txn():
        kept = upload_kept(study=study, user=by)
        waiting = KeptUpload.objects.filter(study=study, user=by, key=key, taken_at=None)
        if kept is None or not waiting.update(taken_at=timezone.now()):
            raise UserError(GONE)
    return kept


def upload_put_back(*, kept: KeptUpload) -> None:
    """It waits again, as long as before."""
    with write_txn():
        KeptUpload.objects.filter(pk=kept.pk).update(taken_at=None)


def upload_drop(*, kept: KeptUpload) -> None:
    kept.file.delete(save=False)
    with write_txn():
        KeptUpload.objects.filter(pk=kept.pk).delete()


def uploads_forget() -> int:
    """Remove what waited for too long; returns how many."""
    old = list(KeptUpload.objects.filter(created_at__lte=timezone.now() - KEPT_FOR))
    for kept in old:
        upload_drop(kept=kept)
    return len(old)
