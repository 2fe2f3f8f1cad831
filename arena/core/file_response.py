"""Files as responses that tell nothing beyond their bytes, whole or in the part asked for."""

import re

from django.http import HttpRequest, HttpResponse

RANGE = re.compile(r"bytes=(\d*)-(\d*)")
HEADERS = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-store",
    "Content-Disposition": "inline",
    # What a system made is never run, whatever a browser takes it for.
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


def file_response(request: HttpRequest, body: bytes, media_type: str) -> HttpResponse:
    """The same headers for every file: no name, no date, no validator, kept nowhere.

    Players of video and sound ask for parts; of several parts at once the whole is sent.
    Source: RFC 9110, 14.2 (Range) and 15.5.17 (416).
    """
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or not any(asked.groups()):
        return HttpResponse(body, content_type=media_type, headers=HEADERS)
    first, last = _places(asked[1], asked[2], len(body))
    if first > last:
        nothing = {**HEADERS, "Content-Range": f"bytes */{len(body)}"}
        return HttpResponse(status=416, content_type=media_type, headers=nothing)
    part = {**HEADERS, "Content-Range": f"bytes {first}-{last}/{len(body)}"}
    return HttpResponse(body[first : last + 1], status=206, content_type=media_type, headers=part)


def _places(first: str, last: str, size: int) -> tuple[int, int]:
    """First and last byte; ``-5`` are the last five, ``5-`` all from the sixth on."""
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
