"""Every kind of output and of input in the pseudo-locale: what is not data is translated."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import translation

from arena.studies.formats import formats
from arena.studies.models import CaseVersion
from arena.voting.presenters import presenters
from tests.arena.voting.test_every_kind import pane
from tests.frontend.languages import pseudo_locale
from tests.frontend.reading import Texts, english_of, words_of
from tests.inputs.test_every_kind import brought
from tests.inputs.world import TEXTS, world_of
from tests.kinds_examples import NOTE, Example, examples

CLOSED = {
    "agent-trajectory": {"type"},
    "chat-multi-turn": {"role"},
    "preference-vote": {"winner"},
    "sequence-generated": {"alphabet"},
    "trial-match": {"decision", "type"},
    "conversation": {"role"},
    "structured-findings": {"state"},
    "ehr-timeline": {"sex"},
}
"""Fields of records and cases that hold words of ours."""
GIVEN = {
    "sql-with-result": {"NULL", "true", "false"},
    "code-sql": {"sql"},
    "retrieval-list": {"pmid"},
}
"""Words of a language that is not the reader's: of databases, of programs."""
LETTERS = dict.fromkeys(("sequence-generated", "structure-3d"), r"[A-Z ]+")
"""What stands in blocks: letters of a sequence."""


@pytest.fixture
def pseudo(tmp_path: Path) -> Iterator[None]:
    folder = pseudo_locale(tmp_path / "locale", "fr")
    with override_settings(LOCALE_PATHS=[folder]), translation.override("fr"):
        yield


@pytest.mark.usefixtures("pseudo")
@pytest.mark.parametrize("kind", sorted(presenters()))
def test_an_output_says_nothing_in_english(kind: str) -> None:
    example = examples()[kind]
    data = [*words_of(list(example.records), closed=CLOSED.get(kind, ())), NOTE]
    texts = [text for html in panes(example) for text in Texts(html, silent={"code"}).found]
    texts = [text for text in texts if not re.fullmatch(LETTERS.get(kind, ""), text)]
    data += [written for name in data for written in names_written(str(name))]
    assert english_of(texts, {*data, *GIVEN.get(kind, ())}) == []


def names_written(name: str) -> list[str]:
    """A field of a record as people write it: ``dose_mg`` is told as ``Dose mg``."""
    words = name.replace("_", " ")
    return [words, words[:1].upper() + words[1:]] if re.fullmatch(r"\w+", name) else []


def panes(example: Example) -> Iterator[str]:
    """Each record alone, beside itself and beside each other one."""
    for record in example.records:
        for other in (None, *example.records):
            yield pane(example, record, other)


@pytest.mark.django_db
@pytest.mark.usefixtures("pseudo")
@pytest.mark.parametrize("kind", sorted(formats()))
def test_a_case_says_nothing_in_english(kind: str, client: Client, tmp_path: Path) -> None:
    here = world_of(kind, brought(kind, tmp_path / "case"))
    client.force_login(here.rater)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "fr"
    page = client.get(reverse("vote", args=[here.study.slug])).content.decode()
    found = [*Texts(case_of(page)).found, *drawn(client, page)]
    assert len(found) > 0
    assert english_of(found, {*case_data(kind), *GIVEN.get(kind, ())}) == []


def case_of(page: str) -> str:
    """The case's part of a ballot."""
    inside = re.search(
        r'<div class="case__body".*?(?=<div class="panes|<section class="pane)', page, re.DOTALL
    )
    assert inside is not None
    return inside[0]


def drawn(client: Client, page: str) -> list[str]:
    """The texts of the drawings that belong to the case."""
    found = []
    for address in re.findall(r'<img src="(/ballots/[^"]+)"', case_of(page)):
        response = client.get(address)
        if response["Content-Type"] == "image/svg+xml":
            found += re.findall(r"<text[^>]*>([^<]+)</text>", response.content.decode())
    return found


def case_data(kind: str) -> list[Any]:
    version = CaseVersion.objects.first()
    assert version is not None
    closed = CLOSED.get(kind, ())
    metas = [asset.meta for asset in version.assets.all()]
    data = [*words_of(version.content, closed=closed), *words_of(metas), version.title]
    return [*data, *words_of(list(TEXTS))]
