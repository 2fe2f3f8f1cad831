"""An uploaded file on its way to the importer."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from arena.accounts.models import User
from arena.core.errors import RowError
from arena.studies.models import Study
from arena.studies.services import cases_import


def cases_import_upload(
    *,
    study: Study,
    by: User,
    upload: "UploadedFile[Any]",
    columns: Mapping[str, str],
    accept_phi_findings: bool,
) -> int:
    """``cases_import`` of an upload; the file is gone when this returns."""
    name = upload.name or "upload"
    if (upload.size or 0) > settings.UPLOAD_LIMIT_BYTES:
        limit = settings.UPLOAD_LIMIT_BYTES // 2**20
        raise RowError(f"is larger than {limit} MB: import it in parts", name)
    with tempfile.TemporaryDirectory(prefix="consilium-import-") as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as target:
            for chunk in upload.chunks():
                target.write(chunk)
        return cases_import(
            study=study,
            by=by,
            path=path,
            name=name,
            columns=columns,
            accept_phi_findings=accept_phi_findings,
        )
