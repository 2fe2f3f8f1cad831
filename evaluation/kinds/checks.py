"""Checks of single fields; each returns the value it accepts or raises ``RecordError``."""

import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from evaluation.kinds.base import RecordError

MOST_CHARACTERS = 200_000
MOST_ITEMS = 20_000


def fields(
    value: Any, field: str, *, required: Collection[str], optional: Collection[str] = ()
) -> None:
    """That ``value`` is an object with these fields and no others.

    Unknown fields are refused, not dropped: what a rater never sees must not be stored as judged.
    """
    if not isinstance(value, Mapping):
        raise RecordError(field or "record", f"must be an object, not {_named(value)}")
    for key in required:
        if key not in value:
            raise RecordError(_inside(field, key), "is missing")
    for key in value:
        if key not in {*required, *optional}:
            known = ", ".join([*required, *optional])
            raise RecordError(_inside(field, str(key)), f"is not a known field; there are: {known}")


def text(value: Any, field: str, *, most: int = MOST_CHARACTERS) -> str:
    """A string in NFC with ``\\n`` line ends, of at most ``most`` characters."""
    if not isinstance(value, str):
        raise RecordError(field, f"must be text, not {_named(value)}")
    if len(value) > most:
        raise RecordError(field, f"has {len(value):,} characters; at most {most:,} are allowed")
    clean = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
    for position, character in enumerate(clean):
        if character not in "\n\t" and unicodedata.category(character) in {"Cc", "Cs"}:
            name = f"U+{ord(character):04X}"
            raise RecordError(field, f"has the control character {name} at position {position}")
    return clean


def word(value: Any, field: str, *, most: int = 80) -> str:
    """A non-empty string on one line, without space around it."""
    clean = text(value, field, most=most).strip()
    if not clean:
        raise RecordError(field, "is empty")
    if "\n" in clean or "\t" in clean:
        raise RecordError(field, "must be on one line, without tabs")
    return clean


def whole(value: Any, field: str, *, least: int = 0, most: int | None = None) -> int:
    """An integer from ``least`` to ``most``; ``True``, ``3.0`` and NaN are none."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise RecordError(field, f"must be a whole number, not {_named(value)}")
    if value < least:
        raise RecordError(field, f"is {value}; the least allowed is {least}")
    if most is not None and value > most:
        raise RecordError(field, f"is {value}; the most allowed is {most}")
    return value


def items(value: Any, field: str, *, most: int = MOST_ITEMS) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise RecordError(field, f"must be a list, not {_named(value)}")
    if len(value) > most:
        raise RecordError(field, f"has {len(value):,} entries; at most {most:,} are allowed")
    return list(value)


def _inside(field: str, key: str) -> str:
    return f"{field}.{key}" if field else key


def _named(value: Any) -> str:
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    return f"a {type(value).__name__}"
