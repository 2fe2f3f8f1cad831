"""A clinical note, shown with an outline of its sections."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from arena.studies.formats.base import AssetUrl
from arena.studies.formats.text import Text
from arena.studies.models import CaseVersion

HEADING = re.compile(
    r"^(?:#{1,4}\s+(?P<marked>\S.{0,58}?)\s*#*|(?P<upper>[A-Z][A-Z /&(),'-]{3,58}?):?"
    r"|(?P<titled>[A-Z][A-Za-z/&'-]+(?: [A-Za-z/&'-]+){0,4}):)[ \t]*$",
    re.MULTILINE,
)
"""A line that is only a heading: `## Plan`, `PHYSICAL EXAMINATION`, `Past Medical History:`."""


@dataclass(frozen=True)
class Section:
    number: int
    heading: str
    text: str
    start: int
    """Offset of ``text`` in the note, in characters."""


@dataclass(frozen=True)
class ClinicalNote(Text):
    key: str = "clinical-note"
    title: str = "Clinical note"
    template: str = "studies/formats/clinical-note.html"

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        text = version.content["text"]
        return {"text": text, "sections": list(sections(text))}


def sections(text: str) -> Iterator[Section]:
    """The note cut at its headings; what comes before the first one has an empty heading."""
    cuts = [
        (m.start(), m.end(), m["marked"] or m["upper"] or m["titled"])
        for m in HEADING.finditer(text)
    ]
    if not cuts or cuts[0][0] > 0:
        cuts.insert(0, (0, 0, ""))
    ends = [start for start, _, _ in cuts[1:]] + [len(text)]
    for number, ((_, begin, heading), end) in enumerate(zip(cuts, ends, strict=True), start=1):
        body = text[begin:end]
        start = begin + len(body) - len(body.lstrip("\n"))
        if body.strip() or heading:
            yield Section(number, heading.strip(), text[start:end].rstrip(), start)


FORMAT = ClinicalNote()
