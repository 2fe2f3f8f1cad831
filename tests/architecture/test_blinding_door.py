"""Only ``blinding.py`` turns an output into what a rater sees; nothing beside it looks inside one.

Pages, API, forms and presenters work on ``BlindBallot`` or on a bare record, so a careless line
there has nothing to give away.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VOTING = ROOT / "arena" / "voting"
BEHIND_THE_DOOR = ["views.py", "api.py", "forms.py", "serializers.py", "access.py", "urls.py"]
FILES = [VOTING / name for name in BEHIND_THE_DOOR] + sorted((VOTING / "presenters").glob("*.py"))
TEMPLATES = sorted((ROOT / "frontend" / "templates" / "voting").rglob("*.html"))
GIVEAWAYS = {
    *("study_system", "system", "systems", "generation", "generations", "first", "second"),
    *("provenance", "adapter", "revision", "failure", "started_at", "finished_at", "version"),
    *("left_is_second", "record_digest", "lease_owner"),
}


def named(path: Path) -> set[str]:
    """Attributes read and modules imported by a file."""
    tree = ast.parse(path.read_text())
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    modules = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    return attributes | modules


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_code_behind_the_door_reads_an_output_or_its_system(path: Path) -> None:
    found = named(path)
    assert not found & (GIVEAWAYS - {"first", "version"}), "go through blinding.py"
    assert not any(name.startswith("arena.generations") for name in found)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_voting_template_reaches_for_an_output_or_its_system(path: Path) -> None:
    words = set()
    for tag in re.findall(r"{[{%](.*?)[}%]}", path.read_text(), re.S):
        words |= {part for name in re.findall(r"[\w.]+", tag) for part in name.split(".")[1:]}
    assert not words & (GIVEAWAYS - {"first"}), "go through blinding.py"


def test_the_presenters_see_a_record_and_the_case_only() -> None:
    from dataclasses import fields

    from arena.voting.presenters.base import Shown

    assert {field.name for field in fields(Shown)} == {"record", "other", "case", "asset_url"}
