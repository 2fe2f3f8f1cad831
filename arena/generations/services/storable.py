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


def noted(said: Mapping[str, Any]) -> dict[str, Any]:
    """Each value as it is, or the beginning of what no database keeps."""
    return {text_storable(str(key)): _noted(value) for key, value in said.items()}


def _noted(value: Any) -> Any:
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (ValueError, TypeError, RecursionError):
        return excerpt(value)
    return excerpt(value) if "\\u0000" in text else value


def excerpt(value: Any) -> str:
    """The beginning of anything, however large, deep or odd."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = KEPT
    return text_storable(short.repr(value))
