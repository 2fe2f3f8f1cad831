"""One ballot of every input kind: nothing blocked, nothing from outside, legible, all in view.

With CONSILIUM_PICTURES=1 it leaves pictures in test-results/: look at them after changing a kind.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from arena.studies.formats import formats
from tests.inputs.test_every_kind import brought
from tests.inputs.world import world_of
from tests.journeys.browser import look, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("kind", sorted(formats()))
def test_a_case_of_the_kind(kind: str, page: Page, live_server: LiveServer, tmp_path: Path) -> None:
    here = world_of(kind, brought(kind, tmp_path))
    sign_in(page, here.rater, live_server.url)
    page.goto(f"/studies/{here.study.slug}/vote/")
    expect(page.locator(".case__body")).to_be_visible()
    page.wait_for_load_state("networkidle")
    look(page, f"input-{kind}")
