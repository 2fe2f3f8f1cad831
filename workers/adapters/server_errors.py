"""What a server's error means: whether it passes, and the class of failure it counts as.

Sources: vLLM's ``create_error_response``, TGI's ``InferError``, Ollama's ``openai.NewError``. They
agree on little: an error may be a text or an object, stand beside or inside ``error``, have a
status of its own, and arrive in the middle of a stream that began with 200.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import uniform
from typing import Any

from workers.adapters.base import AdapterError
from workers.adapters.safe_http import Reply

LONGEST_PAUSE = 3600.0
PASSING = frozenset({408, 409, 424, 425, 429, 500, 502, 503, 504, 529})
"""424 is TGI's for a generation that its model server broke off."""
BUSY = frozenset({429, 503, 529})
POLICY = ("content_filter", "content_policy")
TOO_LONG = (
    *("context_length", "maximum context length", "maximum model length", "prompt is too long"),
    *("context size", "context window", "`max_new_tokens` must be", "`inputs` must have"),
    *("length limit exceeded", "request_too_large"),
)
BLIND = (
    *("not a multimodal model", "data required for image input", "image input is not supported"),
    *("does not support image", "at most 0 image"),
)
FULL = ("out of memory", "more system memory")
SPENT = ("insufficient_quota", "billing", "credit balance")
STATUS_OF = {
    "validation": 422, "template_error": 422, "missing_template_variable": 422, "tool_error": 422,
    "overloaded": 429, "generation": 424, "incomplete_generation": 500,
    "badrequesterror": 400, "invalid_request_error": 400, "notfounderror": 404,
    "not_found_error": 404, "notimplementederror": 501, "authentication_error": 401,
    "rate_limit_error": 429, "rate_limit_exceeded": 429, "overloaded_error": 529,
}  # fmt: skip
"""By the type of an error that comes without a status."""
HINTS = {
    401: " (is the key right?)",
    403: " (may this key do that?)",
    404: " (are address and model right? Most chat servers are asked at an address ending in /v1)",
    413: " (allow fewer or smaller pictures)",
}


def error_for(reply: Reply) -> AdapterError:
    """Too many requests and a server's own troubles pass; a refused request does not."""
    said = reply.body[:500].decode(errors="replace")
    if 300 <= reply.status < 400:
        problem = f"The server answered {reply.status}: redirects are not followed; correct the"
        return AdapterError(f"{problem} address.", failure="rejected_by_policy")
    lower = said.lower()
    lost = any(word in lower for word in (*SPENT, *BLIND, *TOO_LONG))
    return AdapterError(
        f"The server answered {reply.status}{HINTS.get(reply.status, '')}: {said}",
        failure=_failure(reply.status, lower),
        retryable=reply.status in PASSING and not lost,
        retry_after=None if lost else pause_of(reply.status, reply.headers),
    )


def error_told(body: Any) -> AdapterError | None:
    """The error that a body or an event of a stream is, although the status was 200."""
    if not isinstance(body, Mapping):
        return None
    found = body if body.get("object") == "error" else body.get("error")
    if not found:
        return None
    whole = found if isinstance(found, Mapping) else body
    said = json.dumps(whole, ensure_ascii=False).encode()
    return error_for(Reply(status=_status(whole), headers={}, body=said))


def _status(error: Mapping[str, Any]) -> int:
    """What it would have been; where nothing says so, a trouble of the server's own."""
    for key in ("code", "status", "status_code", "http_status_code"):
        told = str(error.get(key))
        number = int(told) if told.isdecimal() else 0
        if 400 <= number < 600:
            return number
    named = (str(error.get(key) or "").lower() for key in ("error_type", "type", "code"))
    return next((STATUS_OF[name] for name in named if name in STATUS_OF), 500)


def pause_of(status: int, headers: Mapping[str, str]) -> float | None:
    """Seconds that a busy server wants to be left alone; a guess where it does not say."""
    said = _seconds(headers.get("retry-after", "").strip())
    if said is None:
        return uniform(2, 10) if status in BUSY else None  # noqa: S311
    return min(max(said, 0.0), LONGEST_PAUSE) if status in PASSING else None


def _seconds(text: str) -> float | None:
    """Of a ``Retry-After``: a number, or a date."""
    if text.replace(".", "", 1).isdigit() and text.isascii():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (when - datetime.now(UTC)).total_seconds()


def _failure(status: int, said: str) -> str:
    if any(word in said for word in BLIND):
        return "cannot_take"
    if status == 413 or any(word in said for word in (*POLICY, *TOO_LONG)):
        return "rejected_by_policy"
    if any(word in said for word in FULL):
        return "out_of_memory"
    return "timed_out" if status in {408, 504} else "crashed"
