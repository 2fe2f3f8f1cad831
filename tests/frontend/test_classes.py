"""Every class that a stylesheet styles is given to something by a template, a script or Python."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.frontend.sources import FRONTEND, SCRIPTS, STYLESHEETS, TEMPLATES, short
from tests.frontend.test_stylesheets import classes, rules

PYTHON = sorted((FRONTEND.parent / "arena").rglob("*.py"))
MADE_ELSEWHERE = {"openseadragon-canvas": "OpenSeadragon names what it draws on"}
OTHERS = {"admin.css"}
"""Sheets of markup that is not ours: Django's admin."""

# Where a value comes in, the word before it is a beginning: ``tile--{{ outcome }}``, ``lane-${n}``.
VALUE = "\0"
# A pane's table is given its own class as ``kind``.
CLASS = re.compile(
    r'(?:class="|kind="|block body_class %\})((?:\{[{%].*?[}%]\}|[^"{])*)', re.DOTALL
)
TAG = re.compile(r"\{%.*?%\}", re.DOTALL)
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|\'((?:[^\'\\\n]|\\.)*)\'|`((?:[^`\\]|\\.)*)`')
HOLE = re.compile(r"\{\{.*?\}\}|\$\{.*?\}|\{[^{}]*\}")
WORD = re.compile(rf"[\w{VALUE}-]+")


def words(text: str) -> Iterator[str]:
    return iter(WORD.findall(HOLE.sub(VALUE, text)))


def of_template(source: str) -> Iterator[str]:
    for value in CLASS.findall(source):
        yield from words(TAG.sub(" ", value))
        yield from (word for tag in TAG.findall(value) for word in of_code(tag))


def of_code(source: str) -> Iterator[str]:
    for parts in STRING.findall(source):
        yield from words("".join(parts))


def given() -> Iterator[str]:
    for path in TEMPLATES:
        yield from of_template(path.read_text())
    for path in [*SCRIPTS, *PYTHON]:
        yield from of_code(path.read_text())


def unused(styled: Iterable[str], named: set[str]) -> list[str]:
    begun = {word.partition(VALUE)[0] for word in named if VALUE in word}
    beginnings = tuple(start for start in begun if start.endswith(("-", "__")))
    return sorted(
        name
        for name in set(styled) - named - set(MADE_ELSEWHERE)
        if not name.startswith(beginnings)
    )


@pytest.fixture(scope="module")
def named() -> set[str]:
    return set(given())


@pytest.mark.parametrize("path", [p for p in STYLESHEETS if p.name not in OTHERS], ids=short)
def test_every_class_of_a_stylesheet_is_used(path: Path, named: set[str]) -> None:
    assert unused(classes(rules(path)), named) == []


def test_a_class_that_nothing_has_is_found(named: set[str]) -> None:
    assert unused({"tile--tie", "lane-3", "desk__title", "is-desk"}, named) == []
    assert unused({"desk__title-of-old", "answer__gone"}, named) == [
        "answer__gone",
        "desk__title-of-old",
    ]


def test_what_is_made_elsewhere_is_styled_here() -> None:
    styled = set().union(*(classes(rules(path)) for path in STYLESHEETS))
    assert set(MADE_ELSEWHERE) <= styled
