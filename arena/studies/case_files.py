"""Files of a case as they are sent: stored ones, and those made of them at this moment."""

import hashlib

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from arena.core.file_response import HEADERS, file_response
from arena.studies.formats import format_for
from arena.studies.formats.base import Made
from arena.studies.models import Asset, CaseVersion

KEPT = {**HEADERS, "Cache-Control": "private, max-age=3600"}
"""What is made of a case may be kept for an hour: tiles are asked for again and again."""


def case_file(*, version: CaseVersion, name: str) -> Asset | Made | None:
    """The stored file of that name, or what the case's format makes under it."""
    stored = version.assets.filter(name=name).first()
    return stored or format_for(version.input_kind).made(version, name)


def case_file_response(request: HttpRequest, found: Asset | Made) -> HttpResponse:
    if isinstance(found, Made):
        return _made(request, found)
    with found.file.open("rb") as file:
        return file_response(request, file.read(), found.media_type)


def _made(request: HttpRequest, made: Made) -> HttpResponse:
    etag = f'"{hashlib.sha256(made.body).hexdigest()[:32]}"'
    headers = {**KEPT, "ETag": etag}
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(made.body, content_type=made.media_type, headers=headers)
