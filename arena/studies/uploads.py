"""An uploaded file on its way to the importer."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File

from arena.accounts.models import User
from arena.core.errors import ColumnError, FaultsError, RowError, UserError
from arena.studies.case_import.phi import PhiError
from arena.studies.models import KeptUpload, Study
from arena.studies.services import (
    GONE,
    cases_import,
    upload_drop,
    upload_keep,
    upload_put_back,
    upload_take,
)


def cases_import_upload(
    *,
    study: Study,
    by: User,
    upload: "File[Any]",
    columns: Mapping[str, str],
    accept_phi_findings: bool,
    name: str = "",
) -> int:
    """``cases_import`` of an upload; the file is gone when this returns."""
    name = name or upload.name or "upload"
    with upload_on_disk(upload=upload, name=name) as path:
        return cases_import(
            study=study,
            by=by,
            path=path,
            name=name,
            columns=columns,
            accept_phi_findings=accept_phi_findings,
        )


def cases_import_keeping(
    *, study: Study, by: User, upload: "File[Any]", key: UUID, columns: Mapping[str, str]
) -> int:
    """``cases_import_upload`` of a new file, kept as ``key`` where the same file may yet do."""
    with upload_kept_on_fault(study=study, by=by, upload=upload, key=key):
        return cases_import_upload(
            study=study, by=by, upload=upload, columns=columns, accept_phi_findings=False
        )


def cases_import_kept(
    *, study: Study, by: User, key: UUID, columns: Mapping[str, str], accept: bool
) -> int:
    """``cases_import_upload`` of a kept file, which goes unless it may yet do.

    Raises ``UserError`` also where this person keeps no such file here, or not any more.
    """
    kept = upload_take(study=study, by=by, key=key)
    with upload_used(kept=kept) as file:
        return cases_import_upload(
            study=study,
            by=by,
            upload=file,
            columns=columns,
            accept_phi_findings=accept,
            name=kept.name,
        )


@contextmanager
def upload_on_disk(*, upload: "File[Any]", name: str) -> Iterator[Path]:
    """The upload as a file, for as long as it is used; importers go by ``name``.

    Raises ``RowError`` where it is too large.
    """
    if (upload.size or 0) > settings.UPLOAD_LIMIT_BYTES:
        limit = settings.UPLOAD_LIMIT_BYTES // 2**20
        raise RowError(f"is larger than {limit} MB: import it in parts", name)
    with tempfile.TemporaryDirectory(prefix="consilium-import-") as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as target:
            target.writelines(upload.chunks())
        yield path


@contextmanager
def upload_kept_on_fault(
    *, study: Study, by: User, upload: "File[Any]", key: UUID, study_system: int | None = None
) -> Iterator[None]:
    """Keeps the file as ``key`` where what went wrong within may be mended by a word."""
    try:
        yield
    except UserError as error:
        if may_yet_do(error):
            name = upload.name or "upload"
            upload_keep(
                study=study, by=by, upload=upload, name=name, key=key, study_system=study_system
            )
        raise


@contextmanager
def upload_used(*, kept: KeptUpload) -> Iterator["File[Any]"]:
    """A kept file that was taken; afterwards it goes unless it may yet do.

    Raises ``UserError`` where its bytes are gone.
    """
    keep = True
    try:
        with kept.file.open("rb") as file:
            yield file
        keep = False
    except FileNotFoundError as error:
        keep = False
        raise UserError(GONE) from error
    except UserError as error:
        keep = may_yet_do(error)
        raise
    finally:
        (upload_put_back if keep else upload_drop)(kept=kept)


def may_yet_do(error: UserError) -> bool:
    """Whether the same file may be imported once something is said of it."""
    return isinstance(error, PhiError) or names_columns(error)


def names_columns(error: UserError) -> bool:
    """Whether all that is wrong is what the file calls its columns."""
    return isinstance(error, ColumnError) or (isinstance(error, FaultsError) and error.of_columns)
