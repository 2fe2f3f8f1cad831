"""Stylesheets: short, without doubles, the same from both sides, and shown on the style page."""

import re
from collections import Counter
from pathlib import Path

import pytest
from django.test import Client

from tests.frontend.sources import FRONTEND, STYLESHEETS, short

CSS = FRONTEND / "static" / "css"
MOST_LINES = 400
# Places and sizes by left and right; the panes' colours are the only things that have such a name.
PHYSICAL = re.compile(
    r"(?<![\w-])(?:left|right|(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)"
    r"|border-(?:top|bottom)-(?:left|right)-radius)\s*:"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)\b"
)
# Four different sides say left and right without the words.
FOUR_SIDES = re.compile(
    r"(?:margin|padding|inset|border-width)\s*:\s*((?:[\w.%-]+|\w+\([^()]*(?:\([^()]*\))?[^()]*\))"
    r"(?:\s+(?:[\w.%-]+|\w+\([^()]*(?:\([^()]*\))?[^()]*\))){3})\s*;"
)
SIDE = re.compile(r"[\w.%-]+(?:\([^()]*(?:\([^()]*\))?[^()]*\))?")
every_stylesheet = pytest.mark.parametrize("path", STYLESHEETS, ids=short)


def rules(path: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


def selectors(source: str) -> list[str]:
    """Every selector with the block it stands in, one string each."""
    found, open_blocks = [], []
    for text, brace in re.findall(r"([^{}]*)([{}])", source):
        if brace == "}":
            open_blocks.pop()
            continue
        name = " ".join(text.split(";")[-1].split())
        found += [" > ".join([*open_blocks, name])] if not name.startswith("@") else []
        open_blocks.append(name)
    return found


def classes(source: str) -> set[str]:
    heads = " ".join(re.findall(r"([^{};]+)\{", source))
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", heads))


@every_stylesheet
def test_a_stylesheet_has_no_more_than_four_hundred_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


@every_stylesheet
def test_a_stylesheet_knows_no_left_and_right(path: Path) -> None:
    """So that a script that runs from right to left is laid out by the same rules."""
    source = rules(path)
    uneven = [
        found
        for found in FOUR_SIDES.findall(source)
        if (sides := SIDE.findall(found)) and sides[1] != sides[3]
    ]
    assert (PHYSICAL.findall(source), uneven) == ([], [])


@every_stylesheet
def test_no_selector_stands_twice_in_one_block(path: Path) -> None:
    counted = Counter(selectors(rules(path)))
    assert [name for name, n in counted.items() if n > 1] == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["base", "forms", "pages", "components", "charts"])
def test_every_class_of_the_general_stylesheets_is_on_the_style_page(
    name: str, client: Client
) -> None:
    page = client.get("/style/").content.decode()
    words = set(re.findall(r"[\w-]+", page))
    assert classes(rules(CSS / f"{name}.css")) - words == set()


@pytest.mark.django_db
def test_every_token_is_on_the_style_page(client: Client) -> None:
    page = client.get("/style/").content.decode()
    tokens = set(re.findall(r"^\s*(--[\w-]+):", rules(CSS / "tokens.css"), re.MULTILINE))
    assert len(tokens) > 50
    assert {token for token in tokens if f"<code>{token}</code>" not in page} == set()
