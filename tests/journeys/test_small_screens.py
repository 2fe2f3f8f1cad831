"""The ballot on phones, upright and on their side, and in pages enlarged until little fits."""

from itertools import chain, pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from arena.accounts.models import RaterProfile
from arena.studies.models import Study
from arena.voting.models import CriterionVote, SafetyFlag
from tests.arena.voting.world import world
from tests.inputs.volumes import nifti
from tests.inputs.world import world_of
from tests.journeys.browser import axe_faults, overflow, sign_in
from tests.journeys.conftest import Guard
from tests.journeys.test_own_desk import judged
from tests.journeys.test_voting import at_the_desk, progress

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

UPRIGHT = [(390, 844), (360, 640)]
LYING = [(844, 390), (667, 375)]
ENLARGED = [(720, 450), (320, 640), (320, 256)]
WIDE = [(820, 1180), (1440, 900)]
LEAST_TARGET = 44
RECT = "e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; }"

Rect = list[float]


def rect(page: Page, selector: str) -> Rect:
    return [float(side) for side in page.locator(selector).first.evaluate(RECT)]


def rects(page: Page, selector: str) -> list[Rect]:
    return list(page.locator(selector).evaluate_all(f"all => all.map({RECT})"))


def meet(one: Rect, other: Rect) -> bool:
    across = one[0] < other[2] and other[0] < one[2]
    return across and one[1] < other[3] and other[1] < one[3]


def at_size(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


@pytest.mark.parametrize("size", UPRIGHT + LYING, ids=str)
def test_the_image_begins_on_the_first_screen(
    size: tuple[int, int], phone: Page, live_server: LiveServer
) -> None:
    at_size(phone, size)
    at_the_desk(phone, world("mask"), live_server)
    expect(phone.locator(".pane c-image[data-ready]")).to_have_count(2)
    seen = rect(phone, ".answer")[1] - rect(phone, ".pane canvas")[1]
    assert seen >= size[1] / 6, "so much of it is above the answer"
    assert overflow(phone) == 0


def test_tools_are_a_button_away_and_stay_as_they_were_left(
    phone: Page, live_server: LiveServer
) -> None:
    at_the_desk(phone, world("mask"), live_server)
    expect(phone.get_by_role("combobox", name="Window")).to_be_visible()
    blink = phone.locator("[data-tool=blink]")
    expect(blink).to_be_hidden()
    tools = phone.get_by_role("button", name="Tools", exact=True)
    tools.press("Enter")
    expect(tools).to_have_attribute("aria-expanded", "true")
    expect(blink).to_be_visible()
    assert axe_faults(phone) == []
    bar = rect(phone, ".viewer-tools")
    assert bar[3] - bar[1] <= 2.5 * LEAST_TARGET, "two rows, however many tools"
    phone.reload()
    expect(blink).to_be_visible()
    tools.tap()
    phone.reload()
    expect(phone.locator(".pane c-image[data-ready]")).to_have_count(2)
    expect(blink).to_be_hidden()


def test_a_window_made_narrow_folds_its_tools_without_being_touched(
    page: Page, live_server: LiveServer
) -> None:
    at_the_desk(page, world("mask"), live_server)
    measure = page.locator(".viewer-tools").get_by_role("button", name="Measure", exact=False)
    measure.focus()
    at_size(page, (390, 844))
    expect(measure).to_be_hidden()
    page.get_by_role("button", name="Tools", exact=True).click()
    bar = rect(page, ".viewer-tools")
    assert bar[3] - bar[1] <= 2.5 * LEAST_TARGET
    measure.focus()
    at_size(page, (1440, 900))
    expect(measure).to_be_focused()
    expect(page.get_by_role("button", name="Tools", exact=True)).to_have_count(0)


@pytest.mark.parametrize("size", UPRIGHT, ids=str)
def test_a_volume_in_the_case_is_seen_whole_with_slice_and_window_at_hand(
    size: tuple[int, int], phone: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    (tmp_path / "scan.nii.gz").write_bytes(nifti())
    at_size(phone, size)
    at_the_desk(phone, world_of("volume", tmp_path), live_server)
    expect(phone.locator("c-volume[data-ready]")).to_have_count(1)
    floor = rect(phone, ".answer")[1]
    assert rect(phone, "c-volume canvas")[3] < floor
    assert rect(phone, "#pane-left")[1] < floor
    hand = [rect(phone, f"[data-tool={tool}]") for tool in ("more", "slice", "window")]
    assert len({round(middle) for _, top, _, low in hand if (middle := (top + low) / 2)}) == 1
    assert hand[-1][2] <= size[0], "one row"
    assert overflow(phone) == 0


@pytest.mark.parametrize("size", UPRIGHT + LYING, ids=str)
def test_a_case_in_words_leaves_both_outputs_in_sight(
    size: tuple[int, int], phone: Page, live_server: LiveServer
) -> None:
    at_size(phone, size)
    at_the_desk(phone, world(), live_server)
    floor = rect(phone, ".answer")[1]
    for side in ("left", "right"):
        left, top, *_ = rect(phone, f"#pane-{side}")
        assert top < floor - LEAST_TARGET, side
        assert left < size[0], side
    assert floor > 0.7 * size[1], "the answer itself takes less than a third"


@pytest.mark.parametrize("size", [*UPRIGHT, *LYING, (320, 640)], ids=str)
def test_the_answer_never_covers_what_has_the_focus(
    size: tuple[int, int], phone: Page, live_server: LiveServer
) -> None:
    at_size(phone, size)
    at_the_desk(phone, world(criteria=("overall", "accuracy")), live_server)
    phone.locator("#desk-question").focus()
    covered = """() => {
      const [now, answer] = [document.activeElement, document.querySelector(".answer")];
      const [it, bar] = [now.getBoundingClientRect(), answer.getBoundingClientRect()];
      const hidden = it.top >= bar.top || it.bottom <= 0;
      return answer.contains(now) || !hidden ? "" : now.outerHTML.slice(0, 80);
    }"""
    stops = 0
    while phone.evaluate("!document.activeElement.matches('.answer *')"):
        phone.keyboard.press("Tab")
        assert phone.evaluate(covered) == ""
        stops += 1
    assert stops > 6
    before = phone.evaluate("scrollY")
    phone.keyboard.press("Tab")
    assert phone.evaluate("scrollY") == before, "what is in the answer is in view already"


def news_of(page: Page) -> None:
    page.evaluate(
        "document.querySelector('live-news').innerHTML = '<div class=\"banner banner--warn\"><p>' +"
        "'You answered this ballot in another tab. '.repeat(3) + '</p></div>'"
    )


def message_of(page: Page) -> None:
    page.evaluate(
        "document.querySelector('#messages').innerHTML = '<li class=\"message\"><span>' +"
        "'Your last answer was taken back. '.repeat(2) + '</span></li>'"
    )


@pytest.mark.parametrize("size", UPRIGHT + LYING + ENLARGED[:1] + WIDE, ids=str)
@pytest.mark.parametrize("kind", ["summary", "mask"])
def test_no_message_moves_the_verdicts(
    size: tuple[int, int], kind: str, phone: Page, live_server: LiveServer, guard: Guard
) -> None:
    guard.expected += ["net::ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest"]
    at_size(phone, size)
    at_the_desk(phone, world(kind), live_server)
    phone.route("**/vote/", offline)
    phone.locator(".tile--tie").first.tap()
    verdicts = rects(phone, ".tile")
    message_of(phone)
    assert close_to(rects(phone, ".tile"), verdicts), "a message of the page"
    news_of(phone)
    assert close_to(rects(phone, ".tile"), verdicts), "news"
    phone.locator("#submit-vote").tap()
    expect(phone.locator("#answer-problem")).to_contain_text("there is no connection")
    assert close_to(rects(phone, ".tile"), verdicts), "a fault"


def offline(route: Route) -> None:
    if route.request.method == "POST":
        route.abort("internetdisconnected")
    else:
        route.continue_()


def close_to(some: list[Rect], others: list[Rect]) -> bool:
    pairs = zip(chain(*some), chain(*others), strict=True)
    return all(abs(one - other) <= 1 for one, other in pairs)


def test_a_swipe_that_begins_on_an_output_brings_the_other(
    phone: Page, live_server: LiveServer
) -> None:
    at_the_desk(phone, world(), live_server)
    send = phone.context.new_cdp_session(phone).send
    y = rect(phone, "#pane-left .pane__body")[1] + 20
    for n in range(16):
        point = {"x": 300 - 17 * n, "y": y}
        kind = "touchMove" if n else "touchStart"
        send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        phone.wait_for_timeout(16)
    send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(phone.locator("#pane-right")).to_be_in_viewport(ratio=0.9)


def test_a_flag_opens_a_sheet_and_gives_the_focus_back(
    phone: Page, live_server: LiveServer
) -> None:
    at_the_desk(phone, world(n_cases=3), live_server)
    place = rect(phone, "#pane-left")
    phone.locator("#pane-left .pane__flag").tap()
    expect(phone.locator("#extent_left")).to_be_focused()
    assert rect(phone, "#pane-left") == place, "nothing was pushed away"
    sheet = rect(phone, "#pane-left .flag")
    assert (sheet[0], round(sheet[3])) == (0, 844)
    assert axe_faults(phone) == []
    phone.keyboard.press("Escape")
    expect(phone.locator("[data-flag=left]")).to_be_focused()
    expect(phone.locator("#extent_left")).to_be_hidden()
    phone.locator(".tile--left_slightly").first.tap()
    phone.locator("#submit-vote").tap()
    expect(phone.locator("#extent_left")).to_be_focused()
    expect(phone.locator("#pane-left .flag__problem")).to_contain_text("how bad the harm could be")
    phone.locator("#extent_left").select_option("severe")
    phone.locator("#likelihood_left").select_option("low")
    phone.get_by_role("button", name="Done").tap()
    phone.locator("#submit-vote").tap()
    progress(phone, "1 of 3 votes")
    assert SafetyFlag.objects.get().side == "left"


def test_a_flag_that_stands_is_taken_back_in_its_sheet_and_by_no_slip(
    phone: Page, live_server: LiveServer
) -> None:
    at_the_desk(phone, world(), live_server)
    flag = phone.locator("[data-flag=right]")
    flag.check()
    phone.locator("#pane-right [data-flag-done]").tap()
    phone.locator("#pane-right .pane__flag").tap()
    expect(flag).to_be_checked()
    phone.locator("#pane-right").get_by_role("button", name="Not unsafe").tap()
    expect(flag).not_to_be_checked()
    expect(flag).to_be_focused()
    expect(phone.locator("#extent_right")).to_be_hidden()


@pytest.mark.parametrize("size", [*UPRIGHT, *LYING, (320, 640), (820, 1180)], ids=str)
@pytest.mark.parametrize("kind", ["summary", "mask"])
def test_a_finger_meets_what_it_aims_at(
    size: tuple[int, int], kind: str, phone: Page, live_server: LiveServer
) -> None:
    at_size(phone, size)
    at_the_desk(phone, world(kind, criteria=("overall", "accuracy")), live_server)
    if kind == "mask":
        phone.get_by_role("button", name="Tools", exact=True).tap()
    targets = "#desk :is(.tile, .button, .pane__flag, select, .viewer-tools input)"
    small = f"""all => all.filter(e => e.checkVisibility()).map(e => [e.getBoundingClientRect(), e])
      .filter(([r]) => Math.min(r.width, r.height) < {LEAST_TARGET} - 0.5)
      .map(([r, e]) => `${{e.innerText || e.className}}: ${{r.width}} x ${{r.height}}`)"""
    assert phone.locator(targets).evaluate_all(small) == []
    tiles = rects(phone, ".steps-row:first-child .tile")
    gaps = [after[0] - before[2] for before, after in pairwise(tiles)]
    if size[0] < 800:
        assert min(gaps[1], gaps[2]) > max(gaps[0], gaps[3]), "opposites are further apart"
        assert gaps[4] > gaps[3], "and neither is furthest"


@pytest.mark.parametrize("size", LYING + ENLARGED[:1], ids=str)
def test_a_phone_on_its_side_shows_both_outputs_beside_each_other(
    size: tuple[int, int], phone: Page, live_server: LiveServer
) -> None:
    at_size(phone, size)
    at_the_desk(phone, world("mask", n_cases=3), live_server)
    expect(phone.locator(".pane c-image[data-ready]")).to_have_count(2)
    left, right = rect(phone, "#pane-left"), rect(phone, "#pane-right")
    assert left[1] == right[1]
    assert left[2] < right[0] < right[2] <= size[0]
    bar = rect(phone, ".answer")
    assert bar[3] - bar[1] < size[1] / 5
    phone.locator(".tile--tie").first.tap()
    phone.locator("#submit-vote").tap()
    progress(phone, "1 of 3 votes")


@pytest.mark.parametrize("size", UPRIGHT + LYING + ENLARGED + WIDE, ids=str)
def test_the_first_steps_never_lie_over_the_verdicts(
    size: tuple[int, int], phone: Page, live_server: LiveServer
) -> None:
    here = world("mask")
    RaterProfile.objects.update(tour_seen=0)
    at_size(phone, size)
    at_the_desk(phone, here, live_server)
    for number in range(1, 5):
        expect(phone.locator("#tour")).to_contain_text(f"{number} of 4")
        card = rect(phone, "#tour")
        assert 0 <= card[1] < card[3] <= size[1]
        for tile in rects(phone, ".tile, #submit-vote"):
            assert not meet(card, tile), number
        assert rect(phone, ".tour-here")[1] < size[1], "what it speaks of is in the window"
        phone.locator("[data-tour=on]").tap()
    expect(phone.locator("#tour")).to_be_hidden()


def test_instructions_open_over_the_ballot_and_move_nothing(
    phone: Page, live_server: LiveServer
) -> None:
    here = world(instructions="Choose what you would act on.")
    at_the_desk(phone, here, live_server)
    place = rect(phone, ".panes")
    phone.get_by_role("button", name="Instructions").tap()
    expect(phone.get_by_text("Choose what you would act on.")).to_be_visible()
    assert rect(phone, ".panes") == place
    assert axe_faults(phone) == []
    phone.keyboard.press("Escape")
    expect(phone.get_by_text("Choose what you would act on.")).to_be_hidden()


@pytest.mark.parametrize("size", [*UPRIGHT, *WIDE], ids=str)
def test_own_votes_are_listed_without_a_blank_band(
    size: tuple[int, int], phone: Page, live_server: LiveServer
) -> None:
    here = world(n_cases=3)
    judged(here, 1)
    at_size(phone, size)
    sign_in(phone, here.rater, live_server.url)
    phone.goto(f"{live_server.url}/studies/{here.study.slug}/my-votes/")
    expect(phone.get_by_role("heading", name="What you answered")).to_be_visible()
    number = phone.locator(".own-table tbody th").first
    assert number.evaluate("e => getComputedStyle(e).textAlign") == "start"
    if size[0] > 700:
        assert number.evaluate("e => e.offsetWidth") < 100
    assert overflow(phone) == 0


def test_a_whole_ballot_by_touch(phone: Page, live_server: LiveServer) -> None:
    here = world(n_cases=3, criteria=("overall", "accuracy"))
    at_the_desk(phone, here, live_server)
    phone.locator(".tile--right_strongly").first.tap()
    phone.locator(".tile--tie").nth(1).tap()
    phone.get_by_role("textbox", name="Reason").fill("Says when to come back.")
    phone.locator("#submit-vote").tap()
    progress(phone, "1 of 3 votes")
    outcomes = dict(CriterionVote.objects.values_list("criterion__key", "outcome"))
    assert outcomes == {"overall": "right_strongly", "accuracy": "tie"}
    assert phone.evaluate("scrollY") == 0


def test_a_refusal_for_want_of_a_choice_leaves_the_verdicts_where_they_are(
    phone: Page, live_server: LiveServer
) -> None:
    at_the_desk(phone, world(n_cases=2, criteria=("overall", "accuracy")), live_server)
    before = rect(phone, ".tile--left_slightly")
    phone.locator("#submit-vote").tap()
    expect(phone.locator("#answer-problem")).to_be_visible()
    assert rect(phone, ".tile--left_slightly") == before


def test_a_flag_ends_the_first_steps_that_would_lie_over_it(
    phone: Page, live_server: LiveServer
) -> None:
    here = world(n_cases=2)
    RaterProfile.objects.update(tour_seen=0)
    at_the_desk(phone, here, live_server)
    expect(phone.locator("#tour")).to_be_visible()
    phone.locator("#pane-left .pane__flag").tap()
    expect(phone.locator("#extent_left")).to_be_focused()
    expect(phone.locator("#tour")).to_be_hidden()


@pytest.mark.parametrize("size", [*UPRIGHT, *WIDE], ids=str)
def test_the_ring_of_the_question_never_lies_over_the_line_above(
    size: tuple[int, int], page: Page, live_server: LiveServer
) -> None:
    long = "Which of two summaries would you rather hand over to the night team"
    here = world(study={"synthetic": True, "holds_simulated_votes": True})
    Study.objects.update(title=long)
    at_size(page, size)
    at_the_desk(page, here, live_server)
    ring = "e => e.getBoundingClientRect().top - parseFloat(getComputedStyle(e).outlineOffset) - 3"
    page.locator("#desk-question").focus()
    simulated = rect(page, ".desk__facts > strong:last-of-type")
    assert simulated[3] <= page.locator("#desk-question").evaluate(ring)
    if size[0] >= 820:
        line = rect(page, ".desk__facts")
        assert line[3] - line[1] < 24, "in one line, of which the study's name gives way"


def test_a_case_says_its_caption_once(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world("mask"), live_server)
    for _folded_and_open in range(2):
        expect(page.get_by_text("A disc", exact=True).filter(visible=True)).to_have_count(1)
        page.locator(".case > summary").click()


def cut_out(page: Page, **insets: int) -> None:
    """A window whose edges are taken by a notch, or by the bar one swipes up."""
    send = page.context.new_cdp_session(page).send
    send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})


def test_nothing_to_press_lies_below_a_notch(phone: Page, live_server: LiveServer) -> None:
    at_the_desk(phone, world("mask"), live_server)
    cut_out(phone, bottom=34)
    expect(phone.locator(".answer")).to_have_css("padding-bottom", "40px")
    assert max(low for *_, low in rects(phone, ".answer :is(.tile, .button)")) <= 844 - 34
    phone.locator("#pane-left .pane__flag").tap()
    assert rect(phone, "#pane-left [data-flag-done]")[3] <= 844 - 34
    phone.locator("#pane-left [data-flag-back]").tap()
    at_size(phone, LYING[0])
    cut_out(phone, left=47, right=47, bottom=21)
    expect(phone.locator(".answer")).to_have_css("padding-bottom", "24px")
    for left, _, right, _ in rects(phone, ".answer :is(.tile, .button:not([hidden])), .pane"):
        assert 47 <= left < right <= 844 - 47
    assert max(low for *_, low in rects(phone, ".answer :is(.tile, .button)")) <= 390 - 21


@pytest.mark.parametrize("size", [UPRIGHT[0], WIDE[0]], ids=str)
def test_a_finger_meets_what_opens_over_the_ballot(
    size: tuple[int, int], phone: Page, live_server: LiveServer
) -> None:
    at_size(phone, size)
    at_the_desk(phone, world(), live_server)
    phone.get_by_role("button", name="Skip").tap()
    heights = "all => all.map(e => e.getBoundingClientRect().height)"
    choices = phone.locator("#skip-dialog :is(.button, fieldset label)").evaluate_all(heights)
    assert min(choices) >= LEAST_TARGET - 0.5
    phone.keyboard.press("Escape")
    phone.locator("#pane-left .pane__flag").tap()
    phone.locator("#pane-left .flag summary").tap()
    said = phone.locator("#pane-left .flag :is(select, summary, .flag__errors label)")
    assert min(said.evaluate_all(heights)) >= LEAST_TARGET - 0.5
