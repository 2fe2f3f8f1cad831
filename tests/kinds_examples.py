"""The example records of ``docs/output-kinds.md``: what the tests of all kinds begin with."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from arena.generations.leak_filter import texts_of
from arena.generations.services.output_files import OutputFiles
from evaluation.kinds import CaseFacts
from tests import media
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "output-kinds.md"
SECTION = re.compile(r"^## ([a-z0-9-]+)$\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
JSON = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| \[`([a-z0-9-]+)`\]\(#\1\) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
NOTE = re.search(r"^```text\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)[1]  # type: ignore[index]
"""The case that all examples answer."""
SIDE = 32
"""Pixels of the image that goes with it, each way."""
FILES = {
    "first.png": media.png(90),
    "second.png": media.png(160),
    "first.webm": media.webm(),
    "second.mp4": media.mp4(),
    "first.wav": media.wav(),
    "second.wav": media.wav(hertz=660, loud=0.2),
    "first.npy": media.npy(np.arange(600.0).reshape(20, 30)),
    "second.npy": media.npy(np.arange(2400.0).reshape(4, 20, 30)),
}
"""What the page's records name."""


@dataclass(frozen=True)
class Example:
    """Two answers of one kind that differ, and what kind of case they answer."""

    kind: str
    input_kind: str
    records: tuple[dict[str, Any], ...]

    @property
    def facts(self) -> CaseFacts:
        files = OutputFiles(FILES)
        if self.input_kind == "image-2d":
            return CaseFacts(width=SIDE, height=SIDE, files=files)
        return CaseFacts(text=NOTE, files=files)


def files_of(record: Any) -> dict[str, bytes]:
    """The page's files that a record names."""
    return {name: FILES[name] for name in texts_of(record) if name in FILES}


@cache
def examples() -> dict[str, Example]:
    """By kind, in the order of the page."""
    found = SECTION.findall(PAGE.read_text("utf-8"))
    return {kind: _example(kind, text) for kind, text in found}


def input_kind(kind: str) -> str:
    """What kind of case the page's examples of ``kind`` answer; a kind without one takes a note."""
    return examples()[kind].input_kind if kind in examples() else "clinical-note"


def table() -> dict[str, str]:
    """The page's table: what it says of each kind's scores."""
    return dict(ROW.findall(PAGE.read_text("utf-8")))


def _example(kind: str, text: str) -> Example:
    case = re.search(r"^Case: `([a-z0-9-]+)`\.", text, re.MULTILINE)
    records = tuple(json.loads(block) for block in JSON.findall(text))
    return Example(kind, case[1] if case else "clinical-note", records)
