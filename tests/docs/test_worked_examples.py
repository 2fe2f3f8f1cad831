"""The worked examples of `docs/` are followed to the letter in a copy of the repository."""

from pathlib import Path

import pytest

from tests.docs.checkout import blocks, checkout, run

PAGES = ["add-an-output-kind.md", "add-an-input-kind.md", "add-an-adapter.md"]


@pytest.mark.slow
def test_what_the_pages_say_to_write_passes_the_tests_they_say_to_write(tmp_path: Path) -> None:
    copy = checkout(tmp_path / "copy", PAGES)
    paths = [block.path for page in PAGES for block in blocks(page)]
    written = [path for path in paths if path.endswith(".py")]
    run(copy, "ruff", "check", "--no-cache", *written)
    run(copy, "ruff", "format", "--check", "--no-cache", *written)
    tests = [path for path in paths if path.startswith("tests/")]
    assert len(tests) >= len(PAGES)
    of_all_kinds = [f"tests/{at}/test_every_kind.py" for at in ("evaluation", "arena/voting")]
    printed = run(copy, "pytest", "-q", "-k", "triage or row", *of_all_kinds)
    assert " passed" in printed
    printed = run(
        copy, "pytest", "-q", "-k", "dialogue or tried", "tests/inputs/test_every_kind.py"
    )
    assert " passed" in printed
    printed = run(copy, "pytest", "-q", *tests)
    assert " passed" in printed
    assert "skipped" not in printed
