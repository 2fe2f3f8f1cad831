"""An uploaded file of outputs on its way to the importer."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File

from arena.accounts.models import User
from arena.core.errors import UserError
from arena.generations.models import StudySystem
from arena.generations.services import outputs_import
from arena.studies.services import upload_keep, upload_take
from arena.studies.uploads import may_yet_do, upload_used


def outputs_import_upload(
    *, held: StudySystem, by: User, upload: "File[Any]", name: str, columns: Mapping[str, str]
) -> int:
    """``outputs_import`` of an upload; the file is gone when this returns."""
    if (upload.size or 0) > settings.UPLOAD_LIMIT_BYTES:
        most = settings.UPLOAD_LIMIT_BYTES // 2**20
        raise UserError(f"{name} is larger than {most} MB: upload it in parts.")
    with tempfile.TemporaryDirectory(prefix="consilium-outputs-") as folder:
        path = Path(folder) / f"outputs{Path(name).suffix}"
        with path.open("wb") as target:
            target.writelines(upload.chunks())
        return outputs_import(
            study=held.study,
            by=by,
            system_slug=held.version.system.slug,
            path=path,
            name=name,
            columns=columns,
        )


def outputs_import_keeping(
    *, held: StudySystem, by: User, upload: "File[Any]", key: UUID, columns: Mapping[str, str]
) -> int:
    """``outputs_import_upload`` of a new file, kept as ``key`` where the same file may yet do."""
    name = upload.name or "outputs"
    try:
        return outputs_import_upload(held=held, by=by, upload=upload, name=name, columns=columns)
    except UserError as error:
        if may_yet_do(error):
            upload_keep(
                study=held.study, by=by, upload=upload, name=name, key=key, study_system=held.pk
            )
        raise


def outputs_import_kept(
    *, held: StudySystem, by: User, key: UUID, columns: Mapping[str, str]
) -> int:
    """``outputs_import_upload`` of a kept file, which goes unless it may yet do.

    Raises ``UserError`` also where this person keeps no such file of this system, or not any more.
    """
    kept = upload_take(study=held.study, by=by, key=key, study_system=held.pk)
    with upload_used(kept=kept) as file:
        return outputs_import_upload(held=held, by=by, upload=file, name=kept.name, columns=columns)
