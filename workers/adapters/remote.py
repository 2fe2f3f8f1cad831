"""What all servers have in common: several asks at once, keys and time limits."""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from workers.adapters.base import Adapter, AdapterError, Ask, Result

KEY_PREFIX = "CONSILIUM_KEY_"
HIDDEN = "***"
TIME_LIMIT = 600.0


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
