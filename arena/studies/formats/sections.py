"""Headed sections of text, shared by formats of articles and trials."""

from collections.abc import Mapping, Sequence
from typing import Any

from arena.studies.formats.base import Content
from evaluation.kinds import checks

MOST_SECTIONS, MOST_LINES, LONGEST_LINE = 100, 500, 5000


def lined_sections(value: Any, field: str = "sections") -> list[Content]:
    """``[{"heading", "lines"}]``; a text instead of lines is cut at its line ends."""
    found = []
    for i, section in enumerate(checks.items(value, field, most=MOST_SECTIONS)):
        place = f"{field}[{i}]"
        checks.fields(section, place, required=["heading", "lines"])
        heading = checks.word(section["heading"], f"{place}.heading", most=200)
        lines = section["lines"]
        lines = lines.split("\n") if isinstance(lines, str) else lines
        rows = checks.items(lines, f"{place}.lines", most=MOST_LINES)
        kept = [
            checks.text(row, f"{place}.lines[{n}]", most=LONGEST_LINE).strip()
            for n, row in enumerate(rows)
        ]
        if any(kept):
            found.append({"heading": heading, "lines": [row for row in kept if row]})
    return found


def text_sections(value: Any, field: str = "sections") -> list[Content]:
    """``[{"heading", "text"}]``; the heading may be empty."""
    found = []
    for i, section in enumerate(checks.items(value, field, most=MOST_SECTIONS)):
        place = f"{field}[{i}]"
        checks.fields(section, place, required=["text"], optional=["heading"])
        heading = section.get("heading") or ""
        found.append(
            {
                "heading": checks.word(heading, f"{place}.heading", most=200) if heading else "",
                "text": checks.prose(section["text"], f"{place}.text").strip(),
            }
        )
    return found


def numbered(sections: Sequence[Mapping[str, Any]]) -> list[Content]:
    """Lines with numbers that go on through all sections, so that each can be referred to."""
    found, number = [], 0
    for section in sections:
        lines = []
        for line in section["lines"]:
            number += 1
            lines.append({"number": number, "text": line})
        found.append({"heading": section["heading"], "lines": lines})
    return found
