"""What an output leaves out: said by mouse, keyboard and finger, kept, mended, stored once."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from arena.voting.models import Highlight, Vote
from tests.arena.voting.world import world
from tests.journeys.browser import axe_faults, overflow
from tests.journeys.test_marking import painted, select, submit
from tests.journeys.test_voting import at_the_desk, progress

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOTE = "No word on the effusion"
LISTED = f"Missing: {NOTE} Leaves out something important"


def say(page: Page, note: str = NOTE) -> None:
    """What the open dialog asks, but for the side."""
    form = page.locator("#missing-form")
    form.get_by_role("radio", name="Leaves out something important").check()
    form.get_by_label("What is missing?").fill(note)
    form.get_by_role("button", name="Add the mark").click()


def test_what_is_missing_is_said_with_the_mouse(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(), live_server)
    page.locator("#pane-right").get_by_role("button", name="Something is missing").click()
    expect(page.get_by_role("radio", name="Right output")).to_be_checked()
    assert axe_faults(page) == []
    page.get_by_label("Clinically significant").last.check()
    say(page)
    expect(page.locator("#missing-dialog")).to_be_hidden()
    expect(page.locator("#desk-status")).to_have_text("Marked; 1 on this side.")
    expect(page.locator("#marks-right li")).to_contain_text(f"{LISTED} · clinically significant")
    expect(page.locator("#marks-right .mark__show")).to_have_count(0)
    assert axe_faults(page) == []
    submit(page)
    mark = Highlight.objects.get()
    assert (mark.side, mark.error_type, mark.note) == ("right", "omission", NOTE)
    assert (mark.start, mark.region, mark.significant) == (None, None, True)


def test_it_is_said_by_keyboard_alone_and_the_side_is_asked(
    page: Page, live_server: LiveServer
) -> None:
    at_the_desk(page, world(), live_server)
    page.keyboard.press("a")
    expect(page.get_by_role("radio", name="Left output")).to_be_focused()
    for key in ("Space", "ArrowRight", "Tab", "ArrowRight", "Tab"):
        page.keyboard.press(key)
    page.keyboard.type("the CT of May")
    page.keyboard.press("Enter")
    expect(page.locator("#marks-right li")).to_contain_text("Missing: the CT of May")
    page.locator("#pane-left .pane__body").focus()
    page.keyboard.press("a")
    expect(page.get_by_role("radio", name="Left output")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.locator("#missing-dialog")).to_be_hidden()
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    progress(page, "1 of 2 votes")
    mark = Highlight.objects.get()
    assert (mark.side, mark.error_type) == ("right", "missed_comparison")


def test_blanks_say_nothing_and_a_slip_loses_no_word(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(), live_server)
    page.keyboard.press("a")
    page.get_by_role("radio", name="Left output").check()
    say(page, "   ")
    expect(page.locator("#missing-dialog")).to_be_visible()
    page.get_by_label("What is missing?").fill(NOTE)
    page.mouse.click(3, 300)
    expect(page.locator("#missing-dialog")).to_be_hidden()
    page.locator("[data-missing=right]").first.click()
    expect(page.get_by_label("What is missing?")).to_have_value(NOTE)
    page.get_by_label("What is missing?").press("Enter")
    expect(page.locator("#marks-right li")).to_contain_text(LISTED)
    page.keyboard.press("a")
    expect(page.get_by_label("What is missing?")).to_have_value("")


def test_it_outlives_a_reload_a_refusal_and_an_undo(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(), live_server)
    select(page, "left", "Amoxicillin")
    page.keyboard.press("m")
    page.locator("#mark-form").get_by_role("radio", name="Something else").check()
    page.get_by_role("button", name="Add the mark").click()
    page.locator("[data-missing=left]").first.click()
    say(page, f"{NOTE}, as Mr Smith has it")
    page.reload()
    expect(page.locator("#marks-left li").nth(1)).to_contain_text("Missing: No word on")
    painted(page, ["Amoxicillin"])
    page.get_by_role("radio", name="About the same").check()
    page.locator("#submit-vote").click()
    expect(page.locator("#answer-problem")).to_contain_text("Marked error 2: name “Mr Smith”")
    page.get_by_label("None of this points to a patient").check()
    page.locator("#submit-vote").click()
    progress(page, "1 of 2 votes")
    page.keyboard.press("u")
    progress(page, "0 of 2 votes")
    row = page.get_by_role("checkbox", name="Missing: No word on")
    expect(row).to_be_checked()
    row.uncheck()
    painted(page, ["Amoxicillin"])


def test_hostile_words_are_words_in_the_list(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(), live_server)
    page.locator("[data-missing=left]").first.click()
    say(page, "<img src=x onerror=alert(1)> {note} {count}")
    expected = "Missing: <img src=x onerror=alert(1)> {note} {count}"
    expect(page.locator("#marks-left .mark__place")).to_have_text(expected)
    page.reload()
    expect(page.locator("#marks-left .mark__place")).to_have_text(expected)


def test_two_clicks_add_one_mark_and_two_tabs_store_one_vote(
    page: Page, live_server: LiveServer
) -> None:
    at_the_desk(page, world(), live_server)
    other = page.context.new_page()
    other.goto(page.url)
    page.locator("[data-missing=left]").first.click()
    form = page.locator("#missing-form")
    form.get_by_role("radio", name="Leaves out something important").check()
    form.get_by_label("What is missing?").fill(NOTE)
    form.get_by_role("button", name="Add the mark").dblclick()
    expect(page.locator("#marks-left li")).to_have_count(1)
    submit(page)
    other.get_by_role("radio", name="About the same").check()
    other.locator("#submit-vote").click()
    expect(other.locator("#messages")).to_contain_text("That answer stands")
    assert (Vote.objects.count(), Highlight.objects.count()) == (1, 1)
    page.go_back()
    page.reload()
    assert Highlight.objects.count() == 1


def test_a_finger_says_it_and_is_asked_of_which_side(phone: Page, live_server: LiveServer) -> None:
    at_the_desk(phone, world(error_pack="notes"), live_server)
    expect(phone.locator(".pane__missing").first).to_be_hidden()
    phone.locator(".desk__missing").tap()
    assert overflow(phone) == 0
    form = phone.locator("#missing-form")
    expect(form.get_by_role("radio", name="Leaves out something important")).to_be_checked()
    form.get_by_role("radio", name="Right output").tap()
    form.get_by_label("What is missing?").fill(NOTE)
    form.get_by_role("button", name="Add the mark").tap()
    expect(phone.locator("#marks-right li")).to_contain_text(LISTED)


def test_the_next_ballot_begins_without_it(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(), live_server)
    page.locator("[data-missing=left]").first.click()
    say(page)
    submit(page)
    expect(page.locator(".marks li")).to_have_count(0)
    page.locator("[data-missing=left]").first.click()
    expect(page.get_by_label("What is missing?")).to_have_value("")
