"""A clinician votes by keyboard, loses the connection, changes their mind, reads images."""

import re
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from arena.voting.models import CriterionVote, Skip, Vote
from tests.arena.voting.world import World, world
from tests.journeys.browser import drawn, sign_in
from tests.journeys.conftest import Guard

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


PARTS = ("pane__head", "flag", "pane__body", "marks")
"""Of a pane, from top to bottom."""


def at_the_desk(page: Page, here: World, live_server: LiveServer) -> None:
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    expect(page.locator("#desk-question")).to_be_visible()


def progress(page: Page, text: str) -> None:
    expect(page.locator(".desk__progress span")).to_have_text(text)


def test_a_whole_vote_goes_without_a_mouse(page: Page, live_server: LiveServer) -> None:
    here = world(n_cases=3, criteria=("overall", "accuracy"))
    at_the_desk(page, here, live_server)
    page.keyboard.press("2")
    page.keyboard.press("0")
    page.keyboard.press("g")
    page.locator("#extent_right").select_option("severe")
    page.locator("#likelihood_right").select_option("low")
    page.locator("#desk-question").focus()
    page.keyboard.press("n")
    page.keyboard.type("dose 5 x too high")
    page.locator("#desk-question").focus()
    page.keyboard.press("Enter")
    progress(page, "1 of 3 votes")
    expect(page.locator("#desk-question")).to_be_focused()
    vote = Vote.objects.get()
    outcomes = dict(CriterionVote.objects.values_list("criterion__key", "outcome"))
    assert outcomes == {"overall": "left_slightly", "accuracy": "both_unacceptable"}
    assert (vote.reason, vote.safety_flags.get().side) == ("dose 5 x too high", "right")

    page.keyboard.press("u")
    progress(page, "0 of 3 votes")
    page.keyboard.press("s")
    expect(page.locator("#skip-dialog")).to_be_visible()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#skip-dialog")).to_be_hidden()
    progress(page, "0 of 3 votes")
    assert Skip.objects.get().reason == "not_my_specialty"


def test_switched_off_shortcuts_do_nothing_but_enter_still_submits(
    page: Page, live_server: LiveServer
) -> None:
    here = world()
    here.rater.rater_profile.single_key_shortcuts = False
    here.rater.rater_profile.save()
    at_the_desk(page, here, live_server)
    page.keyboard.press("1")
    page.keyboard.press("s")
    expect(page.locator(".tile :checked")).to_have_count(0)
    expect(page.locator("#skip-dialog")).to_be_hidden()
    page.get_by_role("radio", name="About the same").check()
    page.keyboard.press("Enter")
    progress(page, "1 of 2 votes")


def test_a_flag_by_key_asks_what_it_needs_and_ctrl_enter_submits_out_of_any_field(
    page: Page, live_server: LiveServer
) -> None:
    at_the_desk(page, world(criteria=("overall", "accuracy")), live_server)
    page.keyboard.press("2")
    page.keyboard.press("f")
    expect(page.locator("#extent_left")).to_be_focused()
    for key in ("Escape", "f"):
        page.keyboard.press(key)
    expect(page.locator("[data-flag=left]")).not_to_be_checked()
    page.keyboard.press("f")
    for key in ("s", "Tab", "h"):
        page.keyboard.press(key)
    page.keyboard.press("Control+Enter")
    progress(page, "1 of 2 votes")
    assert list(CriterionVote.objects.values_list("criterion__key", flat=True)) == ["overall"]
    flag = Vote.objects.get().safety_flags.get()
    assert (flag.side, flag.extent, flag.likelihood) == ("left", "severe", "high")

    page.keyboard.press("1")
    page.keyboard.press("n")
    page.keyboard.type("no dose")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("nothing left for you to judge")).to_be_visible()
    assert Vote.objects.latest("pk").reason == "no dose"


def test_a_flagged_and_marked_output_stays_legible_on_a_laptop(
    page: Page, live_server: LiveServer
) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    at_the_desk(page, world(criteria=("overall", "accuracy")), live_server)
    page.keyboard.press("2")
    page.keyboard.press("m")
    expect(page.locator("#pane-left .pane__body")).to_have_attribute("role", "application")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Add the mark").click()
    page.locator("#desk-question").focus()
    page.keyboard.press("f")
    page.locator("#pane-left .flag summary").click()
    places = {name: page.locator(f"#pane-left .{name}").bounding_box() for name in PARTS}
    tops = [place["y"] for place in places.values() if place]
    ends = [place["y"] + place["height"] for place in places.values() if place]
    assert all(end <= top + 1 for end, top in zip(ends, tops[1:], strict=False)), places
    body = places["pane__body"]
    assert body and body["height"] >= 120, "five lines of what is judged"


def test_a_reason_that_may_point_to_a_patient_leaves_the_desk_in_order(
    page: Page, live_server: LiveServer
) -> None:
    at_the_desk(page, world(), live_server)
    page.keyboard.press("2")
    page.keyboard.press("n")
    page.keyboard.type("Mrs Anna Keller gets 10 mg")
    expect(page.locator("#draft-note")).to_contain_text("in this browser only")
    rows = page.locator("#answer-rows").bounding_box()
    note = page.locator("#draft-note").bounding_box()
    assert rows and rows["width"] > 700
    assert note and note["height"] < 60
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer-problem")).to_contain_text("name “Mrs Anna Keller”")
    expect(page.locator("textarea[name=reason]")).to_be_focused()


def test_a_key_changes_the_answer_that_was_taken_back(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(criteria=("overall", "accuracy")), live_server)
    for key in ("1", "Enter"):
        page.keyboard.press(key)
    progress(page, "1 of 2 votes")
    page.keyboard.press("u")
    progress(page, "0 of 2 votes")
    expect(page.locator("[name=outcome_overall]:checked")).to_have_value("left_strongly")
    page.keyboard.press("4")
    expect(page.locator("[name=outcome_overall]:checked")).to_have_value("right_slightly")
    expect(page.locator("[name=outcome_accuracy]:checked")).to_have_count(0)


def test_an_incomplete_flag_is_said_beside_the_answer(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(), live_server)
    page.keyboard.press("1")
    page.keyboard.press("f")
    page.locator("#submit-vote").click()
    expect(page.locator("#answer-problem")).to_contain_text("You flagged the left output")
    expect(page.get_by_role("radio", name=re.compile("Left is much better"))).to_be_checked()
    assert not Vote.objects.exists()


def test_a_lost_connection_keeps_the_answer_and_says_so(
    chromium: Browser, live_server: LiveServer
) -> None:
    """In a context of its own: here failing requests are what is wanted.

    Not by ``set_offline``: it returns before the browser's network process has heard of it, so that
    under load a vote sent right after it may still arrive.
    """
    connected = True

    def pass_on(route: Route) -> None:
        route.continue_() if connected else route.abort("internetdisconnected")

    with closing(chromium.new_context()) as context:
        context.route("**", pass_on)
        page = context.new_page()
        at_the_desk(page, world(), live_server)
        page.keyboard.press("4")
        page.keyboard.press("n")
        page.keyboard.type("Kept")
        connected = False
        page.locator("#submit-vote").click()
        expect(page.locator("#answer-problem")).to_contain_text("there is no connection")
        assert not Vote.objects.exists()
        connected = True
        page.reload()
        expect(page.locator("textarea")).to_have_value("Kept")
        page.locator("#submit-vote").click()
        progress(page, "1 of 2 votes")
    assert CriterionVote.objects.get().outcome == "right_slightly"


def test_a_tool_that_cannot_be_loaded_is_said_and_loads_later(
    page: Page, live_server: LiveServer, guard: Guard
) -> None:
    guard.expected.append("net::ERR_INTERNET_DISCONNECTED")
    at_the_desk(page, world(), live_server)
    page.keyboard.press("2")
    page.route("**/desk/marks.js", lambda route: route.abort("internetdisconnected"))
    page.keyboard.press("m")
    expect(page.get_by_role("alert")).to_contain_text("This tool could not be loaded.")
    page.unroute("**/desk/marks.js")
    page.reload()
    expect(page.get_by_role("radio", name="Left is slightly better")).to_be_checked()
    page.keyboard.press("m")
    expect(page.locator("#desk-status")).to_contain_text("Arrow keys choose a word")


def test_a_double_click_votes_once(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(n_cases=3), live_server)
    page.keyboard.press("3")
    page.locator("#submit-vote").dblclick()
    progress(page, "1 of 3 votes")
    assert Vote.objects.count() == 1


def test_the_back_button_leads_to_the_current_ballot(page: Page, live_server: LiveServer) -> None:
    here = world(n_cases=3)
    at_the_desk(page, here, live_server)
    page.keyboard.press("3")
    page.locator("#submit-vote").click()
    progress(page, "1 of 3 votes")
    current = page.locator("#desk").get_attribute("data-ballot")
    page.locator(".desk__study a").click()
    expect(page.locator("#desk")).to_have_count(0)
    page.go_back()
    expect(page.locator("#desk")).to_have_attribute("data-ballot", str(current))


def test_the_two_images_always_show_the_same_place(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world("mask"), live_server)
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
    whole = [shows(page, n) for n in range(2)]
    page.locator(".pane c-image[data-side=right] canvas").focus()
    for key in ("+", "+", "ArrowLeft"):
        page.keyboard.press(key)
    near = [shows(page, n) for n in range(2)]
    assert all(a != b for a, b in zip(whole, near, strict=True)), "both moved"
    page.keyboard.press("c")
    page.keyboard.press("c")
    page.keyboard.press("c")
    assert shows(page, 0) == shows(page, 1), "without marks both show the same pixels"
    page.keyboard.press("d")
    expect(page.get_by_text("only left: stripes rising")).to_be_visible()
    assert shows(page, 0) == shows(page, 1), "one picture of who marked what"


def shows(page: Page, number: int) -> str:
    script = "n => document.querySelectorAll('.pane c-image canvas')[n].toDataURL()"
    drawn(page)
    return str(page.evaluate(script, number))


def test_a_finger_scrolls_past_a_whole_image_and_moves_an_enlarged_one(
    page: Page, live_server: LiveServer
) -> None:
    at_the_desk(page, world("mask"), live_server)
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
    canvas = page.locator(".pane c-image[data-side=left] canvas")
    expect(canvas).to_have_css("touch-action", "pan-x pan-y")
    canvas.press("+")
    expect(canvas).to_have_css("touch-action", "none")


@pytest.mark.slow
def test_ballot_after_ballot_leaves_no_viewer_behind(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world("mask", n_cases=8), live_server)
    for n in range(1, 8):
        expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
        page.keyboard.press("3")
        page.locator("#submit-vote").click()
        progress(page, f"{n} of 8 votes")
    expect(page.locator(".pane c-image canvas")).to_have_count(2)
    expect(page.locator(".viewer-tools")).to_have_count(1)


def test_an_unfinished_flag_takes_the_focus_when_the_vote_is_refused(
    page: Page, live_server: LiveServer
) -> None:
    at_the_desk(page, world(), live_server)
    for key in ("g", "3", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#answer-problem")).to_contain_text("how bad the harm could be")
    expect(page.locator("#extent_right")).to_be_focused()
    page.locator("#extent_right").select_option("severe")
    page.locator("#submit-vote").click()
    expect(page.locator("#likelihood_right")).to_be_focused()
