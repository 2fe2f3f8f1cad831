"""The desk in longer words; the switch of languages."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.arena.voting.world import world
from tests.frontend.languages import pseudo_locale
from tests.journeys.browser import WIDTHS, axe_faults, cut_off, overflow
from tests.journeys.test_voting import at_the_desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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
        assert cut_off(page) == [], width
