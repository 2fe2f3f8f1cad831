"""What a rater meets first: four steps on the page, once; the keys, also their own."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from arena.accounts.models import RaterProfile
from arena.voting.models import Ballot
from tests.arena.voting.world import world
from tests.journeys.browser import axe_faults
from tests.journeys.test_voting import at_the_desk, progress

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_four_steps_open_once_and_again_from_the_help(page: Page, live_server: LiveServer) -> None:
    here = world()
    RaterProfile.objects.update(tour_seen=0)
    at_the_desk(page, here, live_server)
    tour = page.locator("#tour")
    expect(tour).to_contain_text("First steps, 1 of 4")
    expect(page.locator(".case.tour-here")).to_be_visible()
    assert axe_faults(page) == []
    for number, key in ((2, "Enter"), (3, "ArrowRight"), (4, "ArrowRight")):
        page.keyboard.press(key)
        expect(tour).to_contain_text(f"{number} of 4")
    with page.expect_response("**/profile/first-steps/"):
        page.get_by_role("button", name="Begin").click()
    expect(tour).to_be_hidden()
    expect(page.locator(".tour-here")).to_have_count(0)
    page.reload()
    expect(page.locator("#desk-question")).to_be_visible()
    expect(tour).to_be_hidden()
    page.keyboard.press("?")
    page.get_by_role("button", name="Show these four steps on the page").click()
    expect(tour).to_contain_text("1 of 4")
    page.keyboard.press("Escape")
    expect(tour).to_be_hidden()
    expect(page.locator("#page-help")).to_be_hidden()


def test_who_skips_the_steps_is_not_shown_them_again(page: Page, live_server: LiveServer) -> None:
    here = world()
    RaterProfile.objects.update(tour_seen=0)
    at_the_desk(page, here, live_server)
    with page.expect_response("**/profile/first-steps/"):
        page.locator("[data-tour=leave]").click()
    assert RaterProfile.objects.get(user=here.rater).tour_seen == 1
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    progress(page, "1 of 2 votes")
    expect(page.locator("#tour")).to_be_hidden()


def test_keys_of_ones_own_work_and_the_usual_ones_no_longer(
    page: Page, live_server: LiveServer
) -> None:
    here = world()
    RaterProfile.objects.update(keys={"skip": "y", "both": "z"})
    at_the_desk(page, here, live_server)
    page.keyboard.press("s")
    expect(page.locator("#skip-dialog")).to_be_hidden()
    page.keyboard.press("z")
    expect(page.get_by_role("radio", name="Both unacceptable")).to_be_checked()
    page.keyboard.press("y")
    expect(page.locator("#skip-dialog")).to_be_visible()
    assert Ballot.objects.get().status == "open"
