"""A ballot of text is light, and everything it needs is named in the page itself."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from tests.arena.voting.world import world

pytestmark = pytest.mark.django_db

MOST_BYTES = 60_000
NAMED = re.compile(r"""(?:src|href)="/static/([^"]+)\"""")
IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?["'](\.[^"']+)["'];""", re.MULTILINE)


def ballot_page(client: Client) -> bytes:
    here = world(n_cases=1, criteria=("overall", "accuracy", "clarity"))
    client.force_login(here.rater)
    return client.get(reverse("vote", args=[here.study.slug])).content


def file_of(name: str) -> Path:
    found = finders.find(name)
    assert found, name
    return Path(found)


def size(body: bytes) -> int:
    return len(gzip.compress(body, 6))


def test_a_ballot_of_text_weighs_at_most_sixty_kilobytes_in_all(client: Client) -> None:
    page = ballot_page(client)
    names = sorted(set(NAMED.findall(page.decode())))
    parts = {name: size(file_of(name).read_bytes()) for name in names}
    parts["the page"] = size(page)
    heaviest = sorted(parts.items(), key=lambda item: -item[1])
    assert sum(parts.values()) <= MOST_BYTES, heaviest


def test_nothing_is_asked_for_that_the_page_does_not_name(client: Client) -> None:
    """So all of it comes in one round trip after the page."""
    named = {file_of(name) for name in NAMED.findall(ballot_page(client).decode())}
    for script in [path for path in named if path.suffix == ".js"]:
        for target in IMPORT.findall(script.read_text()):
            assert (script.parent / target).resolve() in named, f"{script.name} imports {target}"
    for sheet in [path for path in named if path.suffix == ".css"]:
        assert not re.search(r"@import|url\(", sheet.read_text())
