"""What all servers have in common: several asks at once, and the meaning of their errors."""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import uniform
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from workers.adapters.base import Adapter, AdapterError, Ask, Result
from workers.adapters.safe_http import Reply

KEY_PREFIX = "CONSILIUM_KEY_"
HIDDEN = "***"
TIME_LIMIT = 600.0
LONGEST_PAUSE = 3600.0
PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
BUSY = frozenset({429, 503, 529})
POLICY = ("content_filter", "content_policy", "context_length", "maximum context length")
SPENT = ("insufficient_quota", "billing", "credit balance")
HINTS = {
    401: " (is the key right?)",
    403: " (may this key do that?)",
    404: " (are address and model right?)",
}


class Remote(Adapter):
    """A server answers: the asks of one claim are put to it side by side, one request each."""

    threads = True

    def results(self, asks: Sequence[Ask]) -> Iterator[Result]:
        """One result per ask, as they arrive, so that a slow one holds no other back.

        How many asks there are, the claim decides.
        """
        pool = ThreadPoolExecutor(max(1, len(asks)), thread_name_prefix="remote")
        try:
            waiting = [pool.submit(lambda ask: next(self._attempt([ask])), ask) for ask in asks]
            for future in as_completed(waiting):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def key_headers(self) -> dict[str, str]:
        """The header with the key, where there is one: ``Authorization`` unless named otherwise."""
        key = self.key()
        name = str(self.config.get("key_header") or "Authorization")
        bearer = "Bearer " if name.lower() == "authorization" else ""
        return {name: f"{bearer}{key}"} if key else {}

    def key(self) -> str:
        """The key that is stored for the system, or the operator's key that it names."""
        name = self.config.get("key_variable")
        return operators_key(str(name), self.config["base_url"]) if name else self.secret

    def _attempt(self, asks: Sequence[Ask]) -> Iterator[Result]:
        """A server that repeats the key it was sent must not spread it."""
        for result in super()._attempt(asks):
            yield _without(self._known_key(), result)

    def _known_key(self) -> str:
        try:
            return self.key()
        except AdapterError:
            return ""

    def deadline(self) -> float:
        """When a case that begins now must have its answer, with all its turns."""
        return monotonic() + float(self.config.get("time_limit") or TIME_LIMIT)


def operators_key(name: str, url: str) -> str:
    """The worker's variable ``name``, if it is a key and meant for this very host.

    Addresses are typed into forms, so a key goes only to the server that the operator named
    beside it: ``…KEY_X`` to the host in ``…KEY_X_HOST``.
    """
    if not name.startswith(KEY_PREFIX) or name not in os.environ:
        problem = f"The worker has no variable {name!r}; keys are named {KEY_PREFIX}…."
        raise AdapterError(problem, failure="rejected_by_policy")
    host = urlsplit(url).hostname
    if host != os.environ.get(f"{name}_HOST", "").strip().lower():
        problem = f"{name} is not a key for {host}: the worker's {name}_HOST says for which."
        raise AdapterError(problem, failure="rejected_by_policy")
    return os.environ[name]


def _without(key: str, result: Result) -> Result:
    if not key:
        return result
    answer, error = result.answer, result.error
    if answer is not None:
        record, provenance = _hidden(key, answer.record), _hidden(key, answer.provenance)
        answer = replace(answer, record=record, provenance=provenance)
    if error is not None:
        error.args = (str(error).replace(key, HIDDEN),)
    return Result(result.ask, answer, error, _hidden(key, result.provenance))


def _hidden(key: str, value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(key, HIDDEN)
    if isinstance(value, Mapping):
        return {_hidden(key, name): _hidden(key, held) for name, held in value.items()}
    return [_hidden(key, held) for held in value] if isinstance(value, list) else value


def left_until(ends: float) -> float:
    """Seconds; raises ``AdapterError`` when none are left."""
    left = ends - monotonic()
    if left <= 0:
        problem = "The case took longer than the system's time limit."
        raise AdapterError(problem, failure="timed_out")
    return left


def error_for(reply: Reply) -> AdapterError:
    """Too many requests and a server's own troubles pass; a refused request does not."""
    said = reply.body[:500].decode(errors="replace")
    if 300 <= reply.status < 400:
        problem = f"The server answered {reply.status}: redirects are not followed; correct the"
        return AdapterError(f"{problem} address.", failure="rejected_by_policy")
    spent = any(word in said for word in SPENT)
    return AdapterError(
        f"The server answered {reply.status}{HINTS.get(reply.status, '')}: {said}",
        failure=_failure(reply.status, said),
        retryable=reply.status in PASSING and not spent,
        retry_after=None if spent else pause_of(reply.status, reply.headers),
    )


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
    if any(word in said for word in POLICY):
        return "rejected_by_policy"
    return "timed_out" if status in {408, 504} else "crashed"
