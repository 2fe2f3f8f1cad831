"""No words of a page of the rater's stand outside what is translated, whether a test shows them or
not."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType

from arena.voting.viewer_words import TEXTS
from tests.frontend.reading import Texts, english_of
from tests.frontend.sources import SCRIPTS, TEMPLATES, short

ENGLISH_ONLY = re.compile(
    r"templates/(admin/|core/style|exports/|generations/|leaderboards/"
    r"|studies/(manage_|new\.html|_criteria_form|_kept|_protocol_fields|_requirements|_simulated)"
    r"|voting/_(marked_errors|rater_votes))"
)
"""Pages of coordinators and of everybody's results, which say so by their ``lang``."""
UNREAD = {"blocktranslate", "comment", "block body_class"}
ANY_TAG = "templates/allauth/elements/button.html"  # an anchor or a button, named as it goes
SIMULATED = "SIMULATED"  # the mark of votes by a program is the same in every language
OURS = [
    path for path in TEMPLATES if not ENGLISH_ONLY.match(short(path)) and short(path) != ANY_TAG
]
VIEWERS = [path for path in SCRIPTS if "viewers" in path.parts or "desk" in path.parts]
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')
HOLE = re.compile(r"\$\{(?:[^{}]|\{[^{}]*\})*\}")
COMMENT = re.compile(r"(?:^|\s)//.*$", re.MULTILINE)
SENTENCE = re.compile(r"[A-Za-z]{2,}[,:.;]? [a-z]{2,}")
MARKUP = re.compile(r"[#\[\]=]|--|^\.|^\(|sans-serif|^[a-z]+(, [a-z]+)+$|^Fundus photograph$")
"""What tells a selector, a font, a list of classes or a key from words that are said."""


def written(source: str) -> Iterator[str]:
    """What a template holds itself: a mark stands where anything is put in."""
    silent = False
    for token in Lexer(source).tokenize():
        tag = token.contents
        if token.token_type == TokenType.BLOCK:
            silent = any(tag.startswith(name) for name in UNREAD) or (
                silent and not tag.startswith("end")
            )
        yield token.contents if token.token_type == TokenType.TEXT and not silent else "¤"


@pytest.mark.parametrize("path", OURS, ids=short)
def test_a_template_has_no_words_of_its_own(path: Path) -> None:
    texts = Texts("".join(written(path.read_text(encoding="utf-8")))).found
    assert english_of(texts, {SIMULATED}) == []


@pytest.mark.parametrize("path", VIEWERS, ids=short)
def test_a_script_says_only_what_the_catalogs_know(path: Path) -> None:
    assert said(path.read_text(encoding="utf-8")) - set(TEXTS) == set()


def said(source: str) -> set[str]:
    """The strings of a script that read like words."""
    strings = {one or other for one, other in STRING.findall(COMMENT.sub("", source))}
    bare = {HOLE.sub("", string) for string in strings}
    return {text for text in bare if SENTENCE.search(text) and not MARKUP.search(text)}


def test_the_search_finds_words_in_text_and_attributes() -> None:
    page = '<p title="A title">Words {{ n }}</p>{% translate "Skip" %}{% if n %}more{% endif %}'
    assert english_of(Texts("".join(written(page))).found, ()) == ["A title", "Words ¤", "¤¤more¤"]
    assert said('say(`Line of ${length} mm`); // and so on\nsay("Too long")') == {
        "Line of  mm",
        "Too long",
    }
    assert len(OURS) > 100
