"""Two answers to one case, side by side: what was said before and what is said now."""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MOST_LINES = 2000
PASSING = frozenset(
    {
        "seconds", "waited_seconds", "load_seconds", "first_token_seconds", "batch", "worker",
        "attempt", "pauses", "earlier", "system_version", "case_digest", "prompt", "decoding",
        "device_seconds", "energy_wh_estimated", "queue_seconds", "case_version",
    }
)  # fmt: skip
"""What differs from run to run, or is the same by construction, and explains no other answer."""


@dataclass(frozen=True)
class Line:
    """One line of either answer; ``sign`` is ``same``, ``gone`` or ``new``."""

    sign: str
    text: str


def lines_compared(before: Any, after: Any) -> list[Line]:
    """The lines of both records in order, those that only one of them has marked."""
    old, new = (_lines(record)[:MOST_LINES] for record in (before, after))
    return list(_merged(old, new))


def _merged(old: list[str], new: list[str]) -> Iterator[Line]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for name, a, b, c, d in matcher.get_opcodes():
        if name == "equal":
            yield from (Line("same", text) for text in old[a:b])
        else:
            yield from (Line("gone", text) for text in old[a:b])
            yield from (Line("new", text) for text in new[c:d])


def record_text(record: Any) -> str:
    """A record as it can be read without a viewer."""
    if isinstance(record, dict) and set(record) == {"text"}:
        return str(record["text"])
    return json.dumps(record, indent=1, ensure_ascii=False)


def _lines(record: Any) -> list[str]:
    return record_text(record).splitlines() if record is not None else []


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What provenance says of one run and not of the other: name, before, after."""
    old, new = (dict(_flat(known)) for known in (before, after))
    names = [name for name in {**old, **new} if name.partition(".")[0] not in PASSING]
    told = [(name, old.get(name, "–"), new.get(name, "–")) for name in names]
    return [row for row in told if row[1] != row[2]]


def _flat(known: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(known, Mapping) and known:
        for key, value in known.items():
            yield from _flat(value, f"{name}.{key}" if name else str(key))
    else:
        yield name, known if isinstance(known, str) else json.dumps(known, ensure_ascii=False)
