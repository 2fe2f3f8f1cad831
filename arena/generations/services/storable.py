"""What systems say, made fit for every database: it must not cost a system its answer."""

import json
import reprlib
from collections.abc import Mapping
from typing import Any

KEPT = 2000
"""Characters of what cannot be stored as it is."""


def text_storable(text: str) -> str:
    """Without what PostgreSQL refuses: zero bytes and halves of surrogate pairs."""
    return text[:4000].replace("\0", "").encode(errors="replace").decode()


MEASURED = frozenset(
    {"tokens_in", "tokens_out", "tokens_cached", "tokens_thinking", "requests", "seconds",
     "device_seconds", "first_token_seconds", "energy_wh_estimated"}
)  # fmt: skip
"""What pages count with, so that it must be a number, and one that a float can be."""


def noted(said: Mapping[str, Any]) -> dict[str, Any]:
    """Each value as it is, or the beginning of what no database keeps. Odd measures are left out:
    nobody knows then, as where nothing was told."""
    kept = {key: value for key, value in said.items() if key not in MEASURED or _measures(value)}
    return {text_storable(str(key)): _noted(value) for key, value in kept.items()}


def _measures(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value < 10**15


def _noted(value: Any) -> Any:
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (ValueError, TypeError, RecursionError):
        return excerpt(value)
    return excerpt(value) if "\\u0000" in text else value


def as_it_came(value: Any) -> Any:
    """The value itself where it is small and any database holds it, else its beginning."""
    kept = _noted(value)
    return kept if len(json.dumps(kept)) <= KEPT else excerpt(value)


def excerpt(value: Any) -> str:
    """The beginning of anything, however large, deep or odd."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = KEPT
    return text_storable(short.repr(value))
