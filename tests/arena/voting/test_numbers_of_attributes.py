"""Attributes, drawings and data of every kind are the same whatever the reader's language is.

What a person reads has a decimal comma in German and French; what a browser, a script or a viewer
reads must never have one.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from arena.studies.formats import formats
from arena.voting.presenters import presenters
from tests.arena.voting.test_every_kind import pane
from tests.arena.voting.test_words_of_kinds import case_of
from tests.frontend.reading import SPOKEN
from tests.inputs.test_every_kind import brought
from tests.inputs.world import world_of
from tests.kinds_examples import examples

COMMA = re.compile(r"\d,\d")
LANGUAGES = ("de", "fr")


class Attributes(HTMLParser):
    """Every attribute that is not spoken, and all that stands in scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag if tag in ("script", "style") else ""
        self.found += [(tag, name, value or "") for name, value in attrs if name not in SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found.append((self.inside, "", data))


def attributes(html: str) -> list[tuple[str, str, str]]:
    return [(tag, name, value) for tag, name, value in Attributes(html).found if name != "lang"]


def panes(kind: str, language: str) -> Iterator[str]:
    example = examples()[kind]
    with translation.override(language):
        for record in example.records:
            yield from (pane(example, record, other) for other in (None, *example.records))


@pytest.mark.parametrize("kind", sorted(presenters()))
def test_attributes_of_outputs_know_only_the_point(kind: str) -> None:
    english = [attributes(html) for html in panes(kind, "en")]
    assert english
    for language in LANGUAGES:
        for here, there in zip(english, panes(kind, language), strict=True):
            differ = [
                pair for pair in zip(here, attributes(there), strict=True) if len({*pair}) > 1
            ]
            assert not [pair for pair in differ if COMMA.search(pair[1][2])], differ


@pytest.mark.django_db
@pytest.mark.parametrize("kind", sorted(formats()))
def test_attributes_of_cases_know_only_the_point(kind: str, client: Client, tmp_path: Path) -> None:
    here = world_of(kind, brought(kind, tmp_path / "case"))
    client.force_login(here.rater)
    pages = {}
    for language in ("en", *LANGUAGES):
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        pages[language] = case_of(
            client.get(reverse("vote", args=[here.study.slug])).content.decode()
        )
    english = attributes(pages["en"])
    for language in LANGUAGES:
        pairs = zip(english, attributes(pages[language]), strict=True)
        assert not [pair for pair in pairs if pair[0] != pair[1] and COMMA.search(pair[1][2])]
