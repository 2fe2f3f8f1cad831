"""One ballot of every output kind: nothing blocked, nothing from outside, legible, all in view.

With CONSILIUM_PICTURES=1 it leaves pictures in test-results/: look at them after changing a kind.
"""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from arena.voting.presenters import presenters
from tests.arena.voting.world import world
from tests.journeys.browser import look, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("kind", sorted(presenters()))
def test_a_ballot_of_the_kind(kind: str, page: Page, live_server: LiveServer) -> None:
    here = world(kind, n_cases=1)
    sign_in(page, here.rater, live_server.url)
    page.goto(f"/studies/{here.study.slug}/vote/")
    expect(page.locator(".pane__body")).to_have_count(2)
    expect(page.locator(".pane__problem")).to_have_count(0)
    for viewer in viewers(page):
        expect(page.locator(f"{viewer}:not([data-ready])")).to_have_count(0)
    look(page, f"kind-{kind}")


def viewers(page: Page) -> list[str]:
    """The elements of the panes that scripts take over; each says when it has."""
    script = "[...new Set([...document.querySelectorAll('.pane__body *')].map(e => e.localName))]"
    return [name for name in page.evaluate(script) if "-" in name]
