"""An uploaded file of outputs on its way to the importer."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.files import File

from arena.accounts.models import User
from arena.generations.models import StudySystem
from arena.generations.services import outputs_import
from arena.studies.services import upload_take
from arena.studies.uploads import upload_kept_on_fault, upload_on_disk, upload_used


def outputs_import_upload(
    *, held: StudySystem, by: User, upload: "File[Any]", name: str, columns: Mapping[str, str]
) -> int:
    """``outputs_import`` of an upload; the file is gone when this returns."""
    with upload_on_disk(upload=upload, name=name) as path:
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
    with upload_kept_on_fault(
        study=held.study, by=by, upload=upload, key=key, study_system=held.pk
    ):
        return outputs_import_upload(held=held, by=by, upload=upload, name=name, columns=columns)


def outputs_import_kept(
    *, held: StudySystem, by: User, key: UUID, columns: Mapping[str, str]
) -> int:
    """``outputs_import_upload`` of a kept file, which goes unless it may yet do.

    Raises ``UserError`` also where this person keeps no such file of this system, or not any more.
    """
    kept = upload_take(study=held.study, by=by, key=key, study_system=held.pk)
    with upload_used(kept=kept) as file:
        return outputs_import_upload(held=held, by=by, upload=file, name=kept.name, columns=columns)
