"""Checks of single fields; each returns the value it accepts or raises ``RecordError``."""

import unicodedata
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from evaluation.kinds.base import RecordError

T = TypeVar("T")
MOST_CHARACTERS = 200_000
MOST_IN_ALL = 400_000
MOST_ITEMS = 20_000
LARGEST = 1e15
"""Beyond it a number is a slip: no quantity of medicine is as large, and digits get lost."""
DEEPEST = 8


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


def whole(value: Any, field: str, *, least: int = 0, most: int = int(LARGEST)) -> int:
    """An integer from ``least`` to ``most``; ``True``, ``3.0`` and NaN are none."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise RecordError(field, f"must be a whole number, not {_named(value)}")
    if value < least:
        raise RecordError(field, f"is {_short(value)}; the least allowed is {least}")
    if value > most:
        raise RecordError(field, f"is {_short(value)}; the most allowed is {most}")
    return value


def number(value: Any, field: str, *, least: float = -LARGEST, most: float = LARGEST) -> float:
    """A finite number from ``least`` to ``most``; ``True`` and text are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RecordError(field, f"must be a number, not {_named(value)}")
    if not -LARGEST <= value <= LARGEST:  # nor is NaN
        raise RecordError(field, f"must be a finite number of at most {LARGEST:g}")
    if not least <= value <= most:
        raise RecordError(field, f"is {value:g}; it must lie between {least:g} and {most:g}")
    return float(value) + 0.0  # never -0.0


def probability(value: Any, field: str) -> float:
    return number(value, field, least=0, most=1)


def truth(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise RecordError(field, f"must be true or false, not {_named(value)}")
    return value


def one_of(value: Any, field: str, known: Collection[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise RecordError(field, f"must be one of {', '.join(known)}, not {_named(value)}")
    return value


def prose(value: Any, field: str, *, most: int = MOST_CHARACTERS) -> str:
    """Text that says something, on one line or more."""
    clean = text(value, field, most=most)
    if not clean.strip():
        raise RecordError(field, "is empty")
    return clean


def given(
    item: Mapping[str, Any], field: str, **wanted: Callable[[Any, str], Any]
) -> dict[str, Any]:
    """Those of the ``wanted`` fields that are there and not null, each through its check."""
    return {
        name: check(item[name], _inside(field, name))
        for name, check in wanted.items()
        if item.get(name) is not None
    }


def each(
    value: Any, field: str, check: Callable[[Any, str], T], *, most: int = MOST_ITEMS
) -> list[T]:
    """A list whose every entry passes ``check``."""
    listed = items(value, field, most=most)
    return [check(item, f"{field}[{i}]") for i, item in enumerate(listed)]


def once(names: Sequence[Hashable], field: str, inner: str = "") -> None:
    """That no two of ``names`` are equal; each stands in ``field[i]``, or there in ``inner``."""
    seen: dict[Hashable, int] = {}
    for i, name in enumerate(names):
        if name in seen:
            place = _inside(f"{field}[{i}]", inner) if inner else f"{field}[{i}]"
            raise RecordError(place, f"stands in {field}[{seen[name]}] already")
        seen[name] = i


def readable(record: dict[str, Any]) -> dict[str, Any]:
    """The record, if its texts taken together can still be put before a person."""
    size = sum(len(text) for text in _texts(record))
    if size > MOST_IN_ALL:
        problem = f"has {size:,} characters in all; at most {MOST_IN_ALL:,} are allowed"
        raise RecordError("record", problem)
    return record


def mapping(value: Any, field: str, *, most: int = 500) -> dict[str, Any]:
    """An object whose keys are names of one line, in alphabetical order; values as given."""
    if not isinstance(value, Mapping):
        raise RecordError(field, f"must be an object, not {_named(value)}")
    if len(value) > most:
        raise RecordError(field, f"has {len(value):,} entries; at most {most:,} are allowed")
    named = {word(key, f"{field}.{str(key)[:40]}", most=200): inner for key, inner in value.items()}
    if len(named) < len(value):
        raise RecordError(field, "has a name twice, apart from the space around it")
    return dict(sorted(named.items()))


def scalar(value: Any, field: str) -> str | float | bool:
    """Text that says something, a number, or true or false."""
    if isinstance(value, bool):
        return value
    return number(value, field) if isinstance(value, int | float) else prose(value, field)


def plain(value: Any, field: str, *, depth: int = DEEPEST) -> Any:
    """Any JSON value of finite numbers and clean text, at most ``depth`` levels deep."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return number(value, field) if isinstance(value, float) else int(number(value, field))
    if isinstance(value, str):
        return text(value, field)
    if depth == 0:
        raise RecordError(field, f"is nested more than {DEEPEST} levels deep")
    if isinstance(value, Mapping):
        inner = mapping(value, field)
        return {key: plain(inner[key], f"{field}.{key}", depth=depth - 1) for key in inner}
    listed = items(value, field)
    return [plain(item, f"{field}[{i}]", depth=depth - 1) for i, item in enumerate(listed)]


def items(value: Any, field: str, *, most: int = MOST_ITEMS) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise RecordError(field, f"must be a list, not {_named(value)}")
    if len(value) > most:
        raise RecordError(field, f"has {len(value):,} entries; at most {most:,} are allowed")
    return list(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _short(value: int) -> str:
    return str(value) if abs(value) <= LARGEST else "too long a number"


def _inside(field: str, key: str) -> str:
    return f"{field}.{key}" if field else key


def _named(value: Any) -> str:
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:39] + "…")
    return f"a {type(value).__name__}"
