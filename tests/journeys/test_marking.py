"""Marking errors on the page: by mouse, by keyboard alone, on images; removing and keeping them."""

import re

import pytest
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from arena.voting.models import Highlight
from tests.arena.voting.world import world
from tests.journeys.browser import axe_faults, drawn
from tests.journeys.test_voting import at_the_desk, progress

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SELECT = """([side, words]) => {
  const pane = document.querySelector(`#pane-${side} .pane__body`);
  const walker = document.createTreeWalker(pane, NodeFilter.SHOW_TEXT);
  while (walker.nextNode() && !walker.currentNode.data.includes(words));
  const at = walker.currentNode.data.indexOf(words);
  getSelection().setBaseAndExtent(walker.currentNode, at, walker.currentNode, at + words.length);
}"""
PAINTED = "name => [...(CSS.highlights.get(name) ?? [])].map(range => range.toString())"


def select(page: Page, side: str, words: str) -> None:
    page.evaluate(SELECT, [side, words])


def painted(page: Page, words: list[str], name: str = "marked") -> None:
    """The part that paints loads when it is first needed: soon, not at once."""
    for _ in range(50):
        if page.evaluate(PAINTED, name) == words:
            return
        page.wait_for_timeout(100)
    assert page.evaluate(PAINTED, name) == words


def fill_in(page: Page, kind: str, *, significant: bool = False) -> None:
    page.locator("#mark-form").get_by_role("radio", name=kind).check()
    if significant:
        page.locator("#mark-form").get_by_label("Clinically significant").check()
    page.get_by_role("button", name="Add the mark").click()
    expect(page.locator("#mark-dialog")).to_be_hidden()


def submit(page: Page) -> None:
    page.get_by_role("radio", name="About the same").check()
    page.locator("#submit-vote").click()
    progress(page, "1 of 2 votes")


def test_selected_words_are_marked_listed_and_stored(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(), live_server)
    select(page, "right", "Amoxicillin")
    page.locator("[data-mark=right]").click()
    expect(page.locator("#mark-place")).to_have_text("“Amoxicillin”")
    assert axe_faults(page) == []
    fill_in(page, "Wrong drug, dose or action", significant=True)
    listed = page.locator("#marks-right li")
    expect(listed).to_contain_text("“Amoxicillin” Wrong drug, dose or action · clinically")
    painted(page, ["Amoxicillin"])
    assert axe_faults(page) == []
    submit(page)
    mark = Highlight.objects.get()
    assert (mark.side, mark.quote, mark.significant) == ("right", "Amoxicillin", True)
    text = "Pneumonia is likely, version a. Amoxicillin was started."
    assert text[mark.start : mark.end] == "Amoxicillin"


def test_words_are_marked_by_keyboard_alone(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(), live_server)
    page.keyboard.press("m")
    expect(page.locator("#desk-status")).to_contain_text("Arrow keys choose a word")
    for key in ("ArrowRight", "End", "ArrowLeft", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    expect(page.locator("#desk-status")).to_have_text("Amoxicillin was")
    painted(page, ["Amoxicillin was"], "choosing")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#desk-status")).to_have_text("Marked; 1 on this side.")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    progress(page, "1 of 2 votes")
    mark = Highlight.objects.get()
    assert (mark.side, mark.quote, mark.error_type) == ("left", "Amoxicillin was", "false_finding")


def test_escape_leaves_without_a_mark(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(), live_server)
    page.keyboard.press("m")
    expect(page.locator("#desk-status")).to_contain_text("Arrow keys choose a word")
    page.keyboard.press("Escape")
    expect(page.locator("#desk-status")).to_have_text("Nothing was marked.")
    page.keyboard.press("m")
    expect(page.locator("#desk-status")).to_contain_text("Arrow keys choose a word")
    page.keyboard.press("Enter")
    expect(page.locator("#mark-dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#mark-dialog")).to_be_hidden()
    expect(page.locator(".marks li")).to_have_count(0)


def test_a_mark_is_taken_out_by_unticking_it(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(), live_server)
    for words in ("Pneumonia", "Amoxicillin"):
        select(page, "left", words)
        page.keyboard.press("m")
        fill_in(page, "Something else")
    page.get_by_role("checkbox", name="“Pneumonia” Something else").uncheck()
    painted(page, ["Amoxicillin"])
    submit(page)
    assert Highlight.objects.get().quote == "Amoxicillin"


def test_marks_outlive_a_reload_and_an_undo(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(), live_server)
    select(page, "left", "Amoxicillin")
    page.keyboard.press("m")
    fill_in(page, "Contradicts itself")
    page.reload()
    expect(page.locator("#marks-left li")).to_contain_text("“Amoxicillin” Contradicts itself")
    painted(page, ["Amoxicillin"])
    submit(page)
    page.keyboard.press("u")
    progress(page, "0 of 2 votes")
    expect(page.get_by_role("checkbox", name="“Amoxicillin”")).to_be_checked()
    painted(page, ["Amoxicillin"])


def test_a_mark_finds_its_words_again_where_the_page_is_laid_out_otherwise(
    page: Page, live_server: LiveServer
) -> None:
    at_the_desk(page, world(), live_server)
    select(page, "left", "Amoxicillin")
    page.keyboard.press("m")
    fill_in(page, "Something else")
    page.route("**/vote/", lambda route: with_less_before(route))
    page.reload()
    expect(page.locator("#pane-left .pane__body")).to_have_text(re.compile("^\\s*Likely"))
    painted(page, ["Amoxicillin"])


def with_less_before(route: Route) -> None:
    response = route.fetch()
    body = response.text().replace("Pneumonia is likely", "Likely")
    route.fulfill(response=response, body=body)


def test_marks_follow_the_error_types_of_the_study(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(error_pack="radiology"), live_server)
    page.keyboard.press("m")
    expect(page.locator("#desk-status")).to_contain_text("Arrow keys choose a word")
    page.keyboard.press("Enter")
    expect(page.locator("#mark-form input[type=radio]")).to_have_count(6)
    expect(page.locator("#mark-form")).not_to_contain_text("Wrong drug")


def test_a_region_is_drawn_with_the_mouse(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world("mask"), live_server)
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
    page.locator("[data-mark=right]").click()
    expect(page.locator("#desk-status")).to_contain_text("Draw a rectangle")
    corner = on_screen(page, 8, 4)
    other = on_screen(page, 24, 12)
    page.mouse.move(*corner)
    page.mouse.down()
    page.mouse.move(*other, steps=4)
    page.mouse.up()
    about = r"^Region of (7\.9|8\.[01]) × (3\.9|4\.[01]) mm at (3\.9|4\.[01]), (1\.9|2\.[01]) mm$"
    expect(page.locator("#mark-place")).to_have_text(re.compile(about))
    fill_in(page, "Wrong place or side")
    expect(page.locator("#pane-right .regions rect")).to_have_count(1)
    before = page.locator("#pane-right .regions rect").get_attribute("width")
    page.locator(".pane c-image[data-side=left] canvas").press("+")
    drawn(page)
    after = page.locator("#pane-right .regions rect").get_attribute("width")
    assert float(after or 0) == pytest.approx(1.25 * float(before or 0), rel=0.01)
    submit(page)
    region = Highlight.objects.get().region
    assert region == pytest.approx({"x": 8, "y": 4, "width": 16, "height": 8}, abs=0.2)


def on_screen(page: Page, x: float, y: float) -> tuple[float, float]:
    script = (
        "([x, y]) => Object.values(document.querySelector('#pane-right c-image').screenPoint(x, y))"
    )
    left, top = page.evaluate(script, [x, y])
    return left, top


def test_a_region_is_moved_and_sized_by_keys(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world("mask"), live_server)
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
    page.locator("#pane-right .pane__body").focus()
    page.keyboard.press("m")
    expect(page.locator("#desk-status")).to_contain_text("Draw a rectangle")
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("#desk-status")).to_contain_text("Region of")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#marks-right li")).to_have_count(1)
    submit(page)
    assert Highlight.objects.get().side == "right"


def test_what_one_ballot_had_drawn_on_its_image_is_gone_with_the_next(
    page: Page, live_server: LiveServer
) -> None:
    at_the_desk(page, world("mask"), live_server)
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
    page.get_by_role("button", name="Measure", exact=True).click()
    page.locator("[data-mark=right]").click()
    expect(page.locator("#desk-status")).to_contain_text("Draw a rectangle")
    page.keyboard.press("Enter")
    fill_in(page, "Wrong place or side")
    expect(page.locator("#pane-right .regions rect")).to_have_count(1)
    submit(page)
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
    measure = page.get_by_role("button", name="Measure", exact=True)
    expect(measure).to_have_attribute("aria-pressed", "false")
    page.locator(".pane c-image[data-side=left] canvas").press("+")
    expect(page.locator(".viewer-legend")).to_contain_text("1.3×")
    expect(page.locator(".regions rect")).to_have_count(0)


def test_a_region_half_drawn_ends_with_its_ballot(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world("mask"), live_server)
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
    page.get_by_role("radio", name="About the same").check()
    page.keyboard.press("m")
    expect(page.locator("#desk-status")).to_contain_text("Draw a rectangle")
    page.locator("#submit-vote").click()
    progress(page, "1 of 2 votes")
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("3")
    expect(page.get_by_role("radio", name="About the same")).to_be_checked()


def test_a_recognisable_reason_is_shown_before_it_is_stored(
    page: Page, live_server: LiveServer
) -> None:
    at_the_desk(page, world(), live_server)
    page.get_by_role("radio", name="About the same").check()
    page.get_by_role("textbox", name="Reason").fill("As Mr Smith had it")
    page.locator("#submit-vote").click()
    expect(page.locator("#answer-problem")).to_contain_text("name “Mr Smith”")
    assert axe_faults(page) == []
    page.get_by_label("None of this points to a patient").check()
    page.locator("#submit-vote").click()
    progress(page, "1 of 2 votes")
