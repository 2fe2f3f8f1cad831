"""Reading before choosing: the gate, stored times, the answer on a phone, two fingers."""

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from arena.studies.models import Membership
from arena.voting.models import Vote
from tests.arena.voting.world import world
from tests.journeys.browser import axe_faults, overflow
from tests.journeys.test_voting import at_the_desk, progress

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_verdicts_open_once_both_outputs_were_in_view(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(least_view_seconds=1), live_server)
    tie = page.get_by_role("radio", name="About the same")
    expect(page.locator("#answer-gate")).to_contain_text("left 1 s to go · right 1 s to go")
    expect(tie).to_be_disabled()
    page.keyboard.press("3")
    expect(page.locator("#desk-status")).to_contain_text("Choose after you have read both")
    expect(tie).not_to_be_checked()
    expect(tie).to_be_enabled()
    expect(page.locator("#answer-gate")).to_be_hidden()
    expect(page.locator("#desk-status")).to_have_text("You can choose now.")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    progress(page, "1 of 2 votes")
    vote = Vote.objects.get()
    assert 1 <= vote.left_seconds <= vote.seconds
    assert 1 <= vote.right_seconds <= vote.seconds
    assert vote.looked_closely is None, "there is no image"
    expect(page.locator("#submit-vote")).to_be_disabled()


def test_an_image_must_be_looked_at_closely_once(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world("mask", n_cases=1, least_view_seconds=1), live_server)
    expect(page.locator("#answer-gate")).to_have_text(
        "Choose after you have read both outputs: enlarge or move the image once."
    )
    page.locator(".pane c-image[data-side=left] canvas").press("+")
    page.get_by_role("radio", name="About the same").check()
    page.locator("#submit-vote").click()
    expect(page.get_by_text("nothing left for you to judge")).to_be_visible()
    assert Vote.objects.get().looked_closely is True


def test_reading_times_go_on_after_a_reload(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(least_view_seconds=2), live_server)
    expect(page.locator("#answer-gate")).to_contain_text("left 1 s to go")
    page.reload()
    expect(page.locator("#answer-gate")).to_contain_text("left 1 s to go", timeout=900)


def test_without_javascript_there_is_no_gate_and_the_times_are_unknown(
    chromium: Browser, live_server: LiveServer
) -> None:
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    at_the_desk(page, world(least_view_seconds=60), live_server)
    page.get_by_role("radio", name="About the same").check()
    page.locator("#submit-vote").click()
    progress(page, "1 of 2 votes")
    vote = Vote.objects.get()
    assert (vote.left_seconds, vote.right_seconds, vote.looked_closely) == (None, None, None)
    context.close()


def test_focus_on_a_verdict_outlines_the_pane_it_means(page: Page, live_server: LiveServer) -> None:
    page.emulate_media(reduced_motion="reduce")
    at_the_desk(page, world(), live_server)
    outlined = {
        "Left is much better": ["left"],
        "Right is slightly better": ["right"],
        "About the same": ["left", "right"],
        "Both unacceptable": ["left", "right"],
    }
    for name, sides in outlined.items():
        page.get_by_role("radio", name=name).focus()
        for side in ("left", "right"):
            shadow = page.locator(f"#pane-{side}").evaluate("e => getComputedStyle(e).boxShadow")
            assert (shadow != "none") == (side in sides), (name, side)


def test_the_reason_is_asked_after_the_choice(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(), live_server)
    expect(page.get_by_role("textbox", name="Reason")).to_be_hidden()
    page.keyboard.press("n")
    expect(page.locator("#desk-status")).to_have_text("First choose; then you can say why.")
    page.keyboard.press("1")
    expect(page.get_by_role("textbox", name="Reason")).to_be_visible()


def test_a_study_may_leave_confidence_out(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(asks_confidence=False), live_server)
    page.keyboard.press("1")
    expect(page.get_by_role("textbox", name="Reason")).to_be_visible()
    expect(page.get_by_text("Confidence")).to_have_count(0)


def test_words_are_found_in_the_case_and_both_outputs(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world(), live_server)
    page.keyboard.press("/")
    page.keyboard.type("AMOXICILLIN")
    for part in ("case", "left", "right"):
        expect(page.locator(f"[data-found={part}]")).to_have_text("1 found")
    page.keyboard.press("Enter")
    expect(page.locator("#desk-status")).to_have_text("1 of 3, case")
    page.keyboard.press("Shift+Enter")
    expect(page.locator("#desk-status")).to_have_text("3 of 3, right output")
    page.locator("#desk-find").fill("( [a")
    expect(page.locator("[data-found=case]")).to_have_text("0 found")
    page.keyboard.press("Escape")
    expect(page.locator("[data-found=case]")).to_be_empty()
    assert axe_faults(page) == []


def test_differences_are_shown_and_put_away_without_losing_what_was_entered(
    page: Page, live_server: LiveServer
) -> None:
    at_the_desk(page, world(), live_server)
    page.get_by_role("radio", name="About the same").check()
    page.get_by_label("Unsafe").last.check()
    page.keyboard.press("w")
    expect(page.locator("ins")).to_have_count(2)
    assert axe_faults(page) == []
    expect(page.get_by_label("Unsafe").last).to_be_checked()
    expect(page.get_by_role("radio", name="About the same")).to_be_checked()
    page.keyboard.press("w")
    expect(page.locator("ins")).to_have_count(0)
    expect(page.get_by_label("Unsafe").last).to_be_checked()


def share_of_window(page: Page) -> float:
    return float(page.evaluate("document.querySelector('.answer').offsetHeight / innerHeight"))


def test_on_a_phone_the_verdicts_stay_in_reach_and_leave_room_to_read(
    phone: Page, live_server: LiveServer
) -> None:
    here = world(n_cases=3, criteria=("overall", "accuracy"))
    at_the_desk(phone, here, live_server)
    assert share_of_window(phone) < 0.25
    expect(phone.get_by_role("radio", name="About the same").first).to_be_in_viewport()
    expect(phone.locator("#submit-vote")).to_be_in_viewport()
    expect(phone.locator(".steps-row").nth(1)).to_be_hidden()
    phone.locator(".tile--tie").first.tap()
    expect(phone.locator(".steps-row").nth(1)).to_be_visible()
    expect(phone.get_by_role("textbox", name="Reason")).to_be_visible()
    phone.get_by_role("button", name="More").tap()
    assert share_of_window(phone) < 0.25
    assert overflow(phone) == 0
    phone.locator("#submit-vote").tap()
    progress(phone, "1 of 3 votes")


def test_two_fingers_enlarge_both_images(phone: Page, live_server: LiveServer) -> None:
    at_the_desk(phone, world("mask"), live_server)
    expect(phone.locator(".pane c-image[data-ready]")).to_have_count(2)
    canvas = phone.locator(".pane c-image[data-side=left] canvas")
    canvas.evaluate("canvas => canvas.scrollIntoView({ block: 'start' })")
    box = canvas.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
    held = image_point(phone, x, y)
    Fingers(phone, x, y).spread(30, 50, 70, 90)
    expect(phone.locator(".viewer-legend")).to_have_text("3.0×")
    expect(phone.locator(".pane c-image[data-side=right]")).to_have_attribute("data-zoomed", "")
    assert image_point(phone, x, y) == pytest.approx(held, abs=0.5), "it stays under the fingers"


def image_point(page: Page, x: float, y: float) -> list[float]:
    script = "([x, y]) => Object.values(document.querySelector('.pane c-image').imagePoint(x, y))"
    return list(page.evaluate(script, [x, y]))


class Fingers:
    """Two fingers by the browser's own protocol: Playwright has one."""

    def __init__(self, page: Page, x: float, y: float) -> None:
        self.send = page.context.new_cdp_session(page).send
        self.x, self.y = x, y

    def spread(self, first: float, *then: float) -> None:
        for kind, apart in [("touchStart", first), *(("touchMove", each) for each in then)]:
            points = [{"x": self.x + sign * apart, "y": self.y, "id": sign + 1} for sign in (-1, 1)]
            self.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        self.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_ballot_of_another_sort_brings_its_stylesheets_once(
    page: Page, live_server: LiveServer
) -> None:
    """As a study has whose cases are texts and images: the page began without what images need."""
    here, images = world(), world("mask")
    Membership.objects.create(study=images.study, user=here.rater, role="rater")
    at_the_desk(page, here, live_server)
    sheet = page.locator("head link[href$='css/viewers.css']")
    expect(sheet).to_have_count(0)
    swap = "path => htmx.ajax('GET', path, {target: '#desk', select: '#desk', swap: 'outerHTML'})"
    for _ in range(2):
        page.evaluate(swap, f"/studies/{images.study.slug}/vote/")
        expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
        expect(page.locator(".pane c-image").first).to_have_css("position", "relative")
        expect(sheet).to_have_count(1)
