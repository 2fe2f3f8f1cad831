"""Twelve clinical notes written for the demo; no person stands behind them.

A file of ``content/notes`` begins with ``title``, ``specialty`` and ``summary``; after a line of
three dashes comes the note. ``{type:words}`` marks an entity of the reference.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "content" / "notes"
MARK = re.compile(r"\{(?P<type>[a-z]+):(?P<words>[^{}]+)\}")


@dataclass(frozen=True)
class Note:
    """A note as systems see it, with what is held back: a summary and the entities."""

    key: str
    title: str
    specialty: str
    summary: str
    text: str
    spans: list[dict[str, int | str]]


def notes() -> Iterator[Note]:
    """The notes of the demo, in alphabetical order of their keys."""
    for path in sorted(FOLDER.glob("*.txt")):
        yield note_read(key=path.stem, source=path.read_text(encoding="utf-8"))


def note_read(*, key: str, source: str) -> Note:
    head, marked = source.split("\n---\n", 1)
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    text, spans = entities_split(marked.strip())
    return Note(key, fields["title"], fields["specialty"], fields["summary"], text, spans)


def entities_split(marked: str) -> tuple[str, list[dict[str, int | str]]]:
    """The plain text and its spans: ``{problem:cough}`` becomes ``cough`` and a span over it."""
    text, spans, at = "", [], 0
    for match in MARK.finditer(marked):
        text += marked[at : match.start()]
        start = len(text)
        text += match["words"]
        spans.append({"start": start, "end": len(text), "type": match["type"]})
        at = match.end()
    return text + marked[at:], spans
