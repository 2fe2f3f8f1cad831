"""The desk in longer words and in a script that runs from right to left; the switch."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from arena.voting.models import CriterionVote
from tests.arena.voting.world import world
from tests.frontend.languages import pseudo_locale
from tests.journeys.browser import WIDTHS, axe_faults, overflow
from tests.journeys.conftest import Guard
from tests.journeys.test_voting import at_the_desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def speaking(chromium: Browser, live_server: LiveServer, guard: Guard) -> Iterator[Any]:
    """Pages of a browser set to a language, under the guard of every journey."""
    contexts = []

    def page_in(language: str) -> Page:
        contexts.append(chromium.new_context(base_url=live_server.url, locale=language))
        guard.watch(contexts[-1])
        return contexts[-1].new_page()

    yield page_in
    for context in contexts:
        context.close()
    assert not guard.faults, "\n".join(guard.faults)


def test_the_language_is_chosen_in_the_header(page: Page) -> None:
    page.goto("/")
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("link", name="Zum Abstimmen anmelden")).to_be_visible()
    assert axe_faults(page) == []


def test_longer_words_fit_at_every_width(
    speaking: Any, live_server: LiveServer, settings: Any, tmp_path: Path
) -> None:
    settings.LOCALE_PATHS = [pseudo_locale(tmp_path, "fr")]
    page = speaking("fr")
    at_the_desk(page, world(criteria=("overall", "accuracy"), least_view_seconds=1), live_server)
    expect(page.locator("#answer-gate")).to_contain_text("⟦")
    page.locator(".tile--tie input").first.check()
    page.get_by_role("checkbox", name="⟦Unsafe").first.check()
    for width in WIDTHS.values():
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) <= 0, width
        cut = page.evaluate(
            "() => [...document.querySelectorAll('.button, .tile__short')].filter("
            "e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
        )
        assert cut == [], width


def test_left_stays_left_where_text_runs_from_right_to_left(
    speaking: Any, live_server: LiveServer, settings: Any
) -> None:
    settings.LANGUAGES = [("en", "English"), ("ar", "العربية")]
    page = speaking("ar")
    at_the_desk(page, world(), live_server)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    for width in WIDTHS.values():
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) <= 0, width
        for left, right in (
            ("#pane-left", "#pane-right"),
            (".tile--left_strongly", ".tile--right_strongly"),
        ):
            assert edge(page, left) < edge(page, right), (left, width)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator(".desk__progress span")).to_have_text("1 of 2 votes")
    assert CriterionVote.objects.get().outcome == "left_strongly"


def edge(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["x"]
