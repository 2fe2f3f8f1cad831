"""A pane comes with the stylesheets its classes are in, and a ballot of text with no others."""

import re
from pathlib import Path

import pytest

from arena.studies.formats import CaseFormat, formats
from arena.voting.presenters import Presenter, presenters
from tests.frontend.sources import FRONTEND

SHARED = {"tokens", "base", "forms", "components", "cases", "voting", "kinds"}
ASKED_FOR = {"css/charts.css", "css/figures.css", "css/viewers.css"}
CLASS = re.compile(r"\.([a-zA-Z][\w-]*)")
COMMENT = re.compile(r"/\*.*?\*/", re.S)
INCLUDE = re.compile(r"""\{%\s*include\s+["']([^"']+)["']""")
ELEMENT = re.compile(r"<c-[a-z]+")


def classes_in(sheet: str) -> set[str]:
    path = FRONTEND / "static" / sheet
    return set(CLASS.findall(COMMENT.sub("", path.read_text())))


def source(template: str) -> str:
    """The template with all it includes."""
    text = (FRONTEND / "templates" / template).read_text()
    return text + "".join(source(name) for name in INCLUDE.findall(text))


def unstyled(template: str, styles: tuple[str, ...]) -> set[str]:
    """Classes that only sheets define which are not asked for."""
    text = source(template)
    used = {word for value in re.findall(r'class="([^"]*)"', text) for word in value.split()}
    there = set().union(*(classes_in(f"css/{name}.css") for name in SHARED))
    there = there.union(*(classes_in(sheet) for sheet in styles))
    elsewhere = set().union(*(classes_in(sheet) for sheet in ASKED_FOR))
    return (used & elsewhere) - there


@pytest.mark.parametrize("pane", [*presenters().values(), *formats().values()], ids=lambda p: p.key)
def test_a_pane_asks_for_the_stylesheets_of_its_classes(pane: Presenter | CaseFormat) -> None:
    assert not unstyled(pane.template, pane.styles)
    assert set(pane.styles) <= ASKED_FOR
    if ELEMENT.search(source(pane.template)):
        assert "css/viewers.css" in pane.styles, "the bar of tools that viewers make"


def test_a_class_that_no_sheet_of_a_pane_defines_is_found() -> None:
    assert "plot__area" in unstyled("voting/kinds/forecast.html", ("css/viewers.css",))
    assert "signal" in unstyled("studies/formats/ecg.html", ())


def test_words_need_no_stylesheet_of_their_own() -> None:
    for key in ("summary", "text-answer", "chat-multi-turn", "extraction-record"):
        assert presenters()[key].styles == ()
    for key in ("text", "clinical-note"):
        assert formats()[key].styles == ()


def test_every_stylesheet_is_on_some_page() -> None:
    pages = "".join(path.read_text() for path in (FRONTEND / "templates").rglob("*.html"))
    named = set(re.findall(r"css/([\w-]+)\.css", pages)) | {Path(s).stem for s in ASKED_FOR}
    assert {path.stem for path in (FRONTEND / "static" / "css").glob("*.css")} == named
