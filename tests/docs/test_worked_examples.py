"""The worked examples of `docs/` are followed to the letter in a copy of the repository."""

from pathlib import Path

import pytest

from tests.docs.checkout import blocks, checkout, run

WORDS = ["triage", "row", "dialogue", "tried"]
"""In the names of what the pages add to tests of all kinds."""
OF_ALL_KINDS = [f"tests/{at}/test_every_kind.py" for at in ("evaluation", "arena/voting", "inputs")]
PAGES = ["add-an-output-kind.md", "add-an-input-kind.md", "add-an-adapter.md"]


@pytest.mark.slow
def test_what_the_pages_say_to_write_passes_the_tests_they_say_to_write(tmp_path: Path) -> None:
    copy = checkout(tmp_path / "copy", PAGES)
    paths = [block.path for page in PAGES for block in blocks(page)]
    written = [path for path in paths if path.endswith(".py")]
    run(copy, "ruff", "check", "--no-cache", *written)
    run(copy, "ruff", "format", "--check", "--no-cache", *written)
    told = [path for path in paths if path.startswith("tests/")]
    told = [path for path in told if Path(path).name.startswith("test_")]
    assert len(told) >= len(PAGES)
    # One run for all, because each begins with a database: the new kinds among all kinds, and what
    # the pages say to write.
    words = [*WORDS, *(Path(path).stem for path in told)]
    printed = run(copy, "pytest", "-v", "-k", " or ".join(words), *OF_ALL_KINDS, *told)
    passed = [line for line in printed.splitlines() if " PASSED" in line]
    for path in (*OF_ALL_KINDS, *told):
        assert any(line.startswith(path) for line in passed), f"{path}:\n{printed}"
    assert "SKIPPED" not in printed
