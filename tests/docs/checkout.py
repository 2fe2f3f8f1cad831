"""A copy of the repository with what a page of `docs/` says to write, and its tests run there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

FOLDERS = ("arena", "evaluation", "workers", "frontend", "tests", "docs")
BLOCK = re.compile(
    r"^\*\*`(?P<path>[^`]+)`\*\*(?:, (?P<where>[^\n]+))?\n+"
    r"(?P<fence>```+)\w*\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
BELOW = re.compile(r"below `(?P<line>[^`]+)`:")


@dataclass(frozen=True)
class Block:
    """A file of a page, or what to add to a file there is: at its end, or below a line."""

    path: str
    where: str
    text: str


def blocks(page: str) -> list[Block]:
    """Every fenced block of ``docs/<page>`` that has a path in bold above it."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [Block(m["path"], m["where"] or "", m["text"]) for m in BLOCK.finditer(text)]


def checkout(target: Path, pages: Sequence[str]) -> Path:
    """A copy of the repository in which the pages were followed to the letter."""
    for folder in FOLDERS:
        ignored = shutil.ignore_patterns("var")
        shutil.copytree(ROOT / folder, target / folder, ignore=ignored)
    for name in ("manage.py", "pyproject.toml"):
        shutil.copy(ROOT / name, target / name)
    for page in pages:
        for block in blocks(page):
            write(target / block.path, block)
    return target


def write(path: Path, block: Block) -> None:
    if not block.where:
        assert not path.exists(), f"the page writes {block.path} anew, but it exists"
        path.write_text(block.text, encoding="utf-8")
        return
    before = path.read_text(encoding="utf-8")
    path.write_text(_added(before, block), encoding="utf-8")


def _added(before: str, block: Block) -> str:
    if block.where == "at the end:":
        return before + block.text
    place = BELOW.fullmatch(block.where)
    assert place, f"{block.path}: what does {block.where!r} mean?"
    line = re.search(rf"^ *{re.escape(place['line'])}\n", before, re.MULTILINE)
    assert line, f"{block.path} has no line {place['line']!r}"
    return before[: line.end()] + block.text + before[line.end() :]


def run(folder: Path, *command: str) -> str:
    """What a command printed; fails the test with it if the command failed."""
    environment = dict(_environment())
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=170,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    return printed


def _environment() -> Iterator[tuple[str, str]]:
    """Without our own settings: the copy gets a data folder and a database of its own."""
    for name, value in os.environ.items():
        if not name.startswith(("CONSILIUM_", "PYTEST_", "DJANGO_")):
            yield name, value
    yield "DJANGO_SETTINGS_MODULE", "tests.settings"
