"""Translations without gettext's programs: reading .po files, writing the .mo files Django loads.

Both are committed, so nobody needs a build step; a test fails where they differ.
"""

import ast
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

MAGIC = 0x950412DE


@dataclass
class Entry:
    """A message in English and in the other language; ``texts`` has one per plural form."""

    context: str = ""
    message: str = ""
    plural: str = ""
    texts: dict[int, str] = field(default_factory=dict)
    fuzzy: bool = False

    @property
    def key(self) -> str:
        """As .mo files store it: context, message and plural in one."""
        one = f"{self.context}\x04{self.message}" if self.context else self.message
        return f"{one}\0{self.plural}" if self.plural else one

    @property
    def value(self) -> str:
        return "\0".join(self.texts[n] for n in sorted(self.texts))


def entries(po: str) -> Iterator[Entry]:
    """The messages of a .po file; the header has an empty message."""
    entry, part = Entry(), ""
    for line in [*po.splitlines(), ""]:
        if line.startswith("#, ") and "fuzzy" in line:
            entry.fuzzy = True
        if line.startswith("#"):
            continue
        if not line.strip():
            if entry.texts:
                yield entry
            entry, part = Entry(), ""
            continue
        if not line.startswith('"'):
            part, _, line = line.partition(" ")
        _add(entry, part, ast.literal_eval(line))


def _add(entry: Entry, part: str, text: str) -> None:
    if part.startswith("msgstr"):
        number = int(part.removeprefix("msgstr").strip("[]") or 0)
        entry.texts[number] = entry.texts.get(number, "") + text
    else:
        name = {"msgctxt": "context", "msgid": "message", "msgid_plural": "plural"}[part]
        setattr(entry, name, getattr(entry, name) + text)


def compiled(po: str) -> bytes:
    """The .mo file of a .po file: sorted messages, untranslated and fuzzy ones left out."""
    found = {e.key: e.value for e in entries(po) if all(e.texts.values()) and not e.fuzzy}
    keys = [key.encode() for key in sorted(found)]
    values = [found[key.decode()].encode() for key in keys]
    head = 7 * 4
    tables = head + 16 * len(keys)
    places, strings = [], b""
    for text in (*keys, *values):
        places.append((len(text), tables + len(strings)))
        strings += text + b"\0"
    numbers = [number for place in places for number in place]
    header = (MAGIC, 0, len(keys), head, head + 8 * len(keys), 0, tables)
    return struct.pack(f"<7I{len(numbers)}I", *header, *numbers) + strings


def catalogs(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/LC_MESSAGES/*.po"))


def compile_all(folder: Path) -> list[Path]:
    """Write the .mo beside every .po; returns those that changed."""
    changed = []
    for po in catalogs(folder):
        mo, body = po.with_suffix(".mo"), compiled(po.read_text(encoding="utf-8"))
        if not mo.exists() or mo.read_bytes() != body:
            mo.write_bytes(body)
            changed.append(mo)
    return changed
