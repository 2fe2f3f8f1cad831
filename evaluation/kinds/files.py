"""Files that come with an answer: its record calls them by name, and is kept with their digests.

A picture, a clip or a sound is no JSON. An answer brings such files beside its record, which says
``"image": "result.png"``. In the canonical form the name is gone (it may tell who made the file);
the SHA-256 of the cleaned file stands there, with what is known of it.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError

PICTURE, SOUND, ARRAY = "image/png", "audio/wav", "application/x-npy"
CLIPS = ("video/webm", "video/mp4")
FACTS = {
    PICTURE: ("width", "height"),
    **dict.fromkeys(CLIPS, ("width", "height", "seconds", "frames")),
    SOUND: ("seconds", "rate", "channels", "rms", "peak"),
    ARRAY: ("width", "height", "frames", "low", "high"),
}
"""What is known of a file of each type."""
DIGEST = re.compile(r"[0-9a-f]{64}")


def file(value: Any, field: str, case: CaseFacts, *, types: Collection[str]) -> Record:
    """A file of one of these media types, by its name or in canonical form."""
    facts = _by_name(value, field, case) if isinstance(value, str) else value
    if not isinstance(facts, Mapping) or facts.get("media_type") not in FACTS:
        raise RecordError(field, "must be the name of a file that came with the answer")
    kind = str(facts["media_type"])
    if kind not in types:
        raise RecordError(field, f"is a file of type {kind}; {' or '.join(types)} is needed")
    checks.fields(facts, field, required=["sha256", "media_type", *FACTS[kind]])
    if not isinstance(facts["sha256"], str) or not DIGEST.fullmatch(facts["sha256"]):
        raise RecordError(f"{field}.sha256", "is no SHA-256 in hexadecimal digits")
    numbers = {name: checks.number(facts[name], f"{field}.{name}") for name in FACTS[kind]}
    return {"sha256": facts["sha256"], "media_type": kind, **numbers}


def files_named(record: Any) -> Iterator[Record]:
    """Every file of a canonical record, at any depth."""
    if isinstance(record, dict):
        if set(record) >= {"sha256", "media_type"}:
            yield record
        record = list(record.values())
    if isinstance(record, list):
        for inner in record:
            yield from files_named(inner)


def _by_name(name: str, field: str, case: CaseFacts) -> Mapping[str, Any]:
    if name not in case.files:
        known = ", ".join(sorted(case.files)[:5]) or "none did"
        told = name if len(name) <= 40 else f"{name[:39]}…"
        raise RecordError(field, f"names a file {told!r} that did not come along ({known})")
    return case.files[name]
