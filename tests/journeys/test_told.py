"""What the page tells after a skip or a finding leaves verdicts in place and outputs in reach."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.arena.voting.world import world
from tests.journeys.browser import axe_faults
from tests.journeys.test_small_screens import LYING, UPRIGHT, WIDE, at_size, close_to, rect, rects
from tests.journeys.test_voting import at_the_desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MANY = (
    "Seen by Dr Miller and Mr Smith on 12.03.2024, telephone 030 1234567, MRN 12345678, with Frau "
    "Meier, born 1950-03-12; write to someone@example.org or to Prof Jones."
)
MOST_UNCOVERED = """() => {
  const page = document.scrollingElement;
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  let most = 0;
  let at = -1;
  for (page.scrollTop = 0; page.scrollTop !== at; page.scrollTop += 20) {
    at = page.scrollTop;
    const output = box("#pane-left .pane__body");
    const covered = Math.min(box(".answer__told").top, box(".answer").top);
    most = Math.max(most, Math.min(output.bottom, covered) - Math.max(output.top, 0));
  }
  return most;
}"""
"""How much of the left output can be seen above what is told, wherever the page is scrolled to."""
LAPTOPS = [(1366, 768), (1280, 720), (1024, 768)]


@pytest.mark.parametrize("size", UPRIGHT + LYING + WIDE + LAPTOPS, ids=str)
def test_a_skip_is_told_and_heard_and_moves_no_verdict(
    size: tuple[int, int], page: Page, live_server: LiveServer
) -> None:
    at_size(page, size)
    at_the_desk(page, world(n_cases=3), live_server)
    verdicts = rects(page, ".tile")
    page.keyboard.press("s")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    said = "Given back: no vote was stored. This is the next ballot."
    expect(page.locator("#messages")).to_have_text(said)
    assert close_to(rects(page, ".tile"), verdicts)
    expect(page.locator("#desk-status")).to_have_text(said)
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator(".desk__progress span")).to_have_text("1 of 3 votes")
    expect(page.locator("#messages")).to_be_empty()


@pytest.mark.parametrize("size", LAPTOPS + UPRIGHT + LYING[:1], ids=str)
def test_many_findings_leave_outputs_and_buttons_in_reach(
    size: tuple[int, int], page: Page, live_server: LiveServer
) -> None:
    at_size(page, size)
    at_the_desk(page, world(n_cases=2, criteria=("overall", "accuracy")), live_server)
    page.get_by_role("radio", name="About the same").first.check()
    page.get_by_role("textbox", name="Reason").fill(MANY)
    page.locator("#submit-vote").click()
    expect(page.locator(".answer .findings li")).to_have_count(9)
    assert axe_faults(page) == []
    expect(page.locator("#submit-vote")).to_be_in_viewport(ratio=1)
    accept = page.get_by_label("None of this points to a patient")
    expect(accept).to_be_in_viewport(ratio=1)
    assert rect(page, ".answer__told")[1] > 0, "all of it is in the window"
    if size in UPRIGHT + LYING:
        page.get_by_role("button", name="More").click()  # the sheet of the answer folds
    assert page.evaluate(MOST_UNCOVERED) >= 90, "pixels of an output, once it is scrolled to"
    accept.check()
    page.locator("#submit-vote").click()
    expect(page.locator(".desk__progress span")).to_have_text("1 of 2 votes")
