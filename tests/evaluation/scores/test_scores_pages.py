"""Every score has a docstring, stands on a page of its formulas and is called by a test."""

from __future__ import annotations

import inspect
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

from evaluation import scores

ROOT = Path(__file__).parents[3]
HELPERS = {"columns", "tokens"}  # how columns are checked and texts are cut
PARTS = {"syllables", "ngrams"}  # of which a score on a page is made
PAGES = "".join(p.read_text("utf-8") for p in (ROOT / "docs" / "methods").glob("scores-of-*.md"))
TESTS = "".join(
    path.read_text("utf-8")
    for path in (ROOT / "tests" / "evaluation").rglob("*.py")
    if path != Path(__file__)
)


def public_functions():
    for module in pkgutil.iter_modules(scores.__path__):
        if module.name in HELPERS:
            continue
        found = import_module(f"evaluation.scores.{module.name}")
        for name, function in inspect.getmembers(found, inspect.isfunction):
            if function.__module__ == found.__name__ and not name.startswith("_"):
                yield pytest.param(name, function, id=f"{module.name}.{name}")


@pytest.mark.parametrize(("name", "function"), list(public_functions()))
def test_every_score_is_explained_on_a_page_and_called_by_a_test(name, function):
    assert inspect.getdoc(function)
    assert name in PARTS or f"`{name}`" in PAGES
    assert name in PARTS or re.search(rf"\b{name}\(|\b{name}[,\])]", TESTS)
