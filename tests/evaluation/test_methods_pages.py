"""The worked example on every methods page is executed and must print what the page says."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "evaluation" / "README.md", *sorted((ROOT / "docs" / "methods").glob("*.md"))]


EXAMPLES = [page for page in PAGES if ">>>" in page.read_text(encoding="utf-8")]
RATINGS = (
    *("bradley-terry", "ties", "intervals", "ranks", "identifiability", "covariates"),
    *("simple-scores", "stability", "reference-scores", "raters", "pairing", "incremental"),
)


AGREEMENT = ("agreement", "agreement-intervals", "intraclass-correlation", "each-rater")
SCORES = ("texts", "choices", "numbers", "images", "molecules")


def test_every_page_on_a_method_has_a_worked_example():
    wanted = {*RATINGS, *AGREEMENT, "scores", *(f"scores-of-{name}" for name in SCORES)}
    assert wanted <= {page.stem for page in EXAMPLES}


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: page.stem)
def test_the_worked_example_prints_what_the_page_says(page):
    result = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert result.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_between_pages_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for part in text.split("](")[1:]:
        target = part.split(")")[0]
        assert "://" in target or (page.parent / target).exists(), target
