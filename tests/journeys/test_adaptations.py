"""What readers set for themselves: zoom, larger text, motion, contrast, colours, paper."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from arena.leaderboards.services import leaderboards_refresh
from arena.studies.models import Membership
from tests.arena.leaderboards.world import world as board_world
from tests.arena.voting.world import World, world
from tests.journeys.browser import axe_faults, cut_off, overflow, sign_in
from tests.journeys.test_voting import at_the_desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LEAST_TARGET = 24  # CSS pixels, WCAG 2.2 AA, 2.5.8
# Links within a sentence may be as small as its text; boxes are pressed by their labels.
SMALL_TARGETS = """(least) => {
  const aimed = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const small = (e) => {
    const target = e.matches("[type=checkbox], [type=radio]") ? e.labels[0] ?? e : e;
    const box = target.getBoundingClientRect();
    const inText = getComputedStyle(target).display === "inline";
    const aside = inText || !e.checkVisibility() || box.width <= 1;
    return !aside && Math.min(box.width, box.height) < least;
  };
  return [...document.querySelectorAll(aimed)].filter(small)
    .map((e) => `${e.tagName} ${e.className} ${e.textContent.trim().slice(0, 30)}`);
}"""


@pytest.fixture
def clinician(live_server: LiveServer, page: Page) -> World:
    """Signed in, with a study to vote in and a board to read."""
    here = world(n_cases=1, criteria=("overall", "accuracy"), study={"synthetic": True})
    board = board_world("notes", visibility="public", leaderboard_published=True)
    board.fill()
    leaderboards_refresh(study_id=board.study.pk)
    for study in (here.study, board.study):
        Membership.objects.create(study=study, user=here.rater, role="coordinator")
    sign_in(page, here.rater, live_server.url)
    return here


PAGES = (
    "/",
    "/studies/study-of-summary/vote/",
    "/studies/notes/leaderboard/",
    "/studies/notes/agreement/",
    "/studies/notes/manage/results/",
    "/studies/notes/manage/systems/",
    "/profile/",
)


def zoomed(page: Page) -> None:
    """1440 by 900 at 200 %."""
    page.set_viewport_size({"width": 720, "height": 450})


def larger_text(page: Page) -> None:
    """Letters twice as large by the browser's settings, pictures as they were."""
    sizes = {"fontSizes": {"standard": 32, "fixed": 26}}
    page.context.new_cdp_session(page).send("Page.setFontSizes", sizes)


def narrow(page: Page) -> None:
    """1280 pixels at 400 %."""
    page.set_viewport_size({"width": 320, "height": 256})


@pytest.mark.slow
@pytest.mark.parametrize("adapted", [(zoomed, narrow), (larger_text,)], ids=["zoom", "text"])
@pytest.mark.usefixtures("clinician")
def test_nothing_is_lost_in_larger_letters(
    adapted: tuple[Callable[[Page], None], ...], page: Page
) -> None:
    for path in PAGES:
        page.goto(path)
        for adapt in adapted:
            adapt(page)
            assert overflow(page) <= 0, (path, adapt)
            assert cut_off(page) == [], (path, adapt)


@pytest.mark.slow
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.usefixtures("clinician")
def test_everything_one_aims_at_is_large_enough(width: int, page: Page) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for path in (*PAGES, "/style/", "/methods/intervals/", "/systems/", "/accounts/email/"):
        page.goto(path)
        assert page.evaluate(SMALL_TARGETS, LEAST_TARGET) == [], path


def test_motion_stops_for_who_asks_for_less(page: Page) -> None:
    # What goes with the reader's own scrolling is no motion.
    by_itself = "(a) => a.animationName && a.timeline === document.timeline"
    running = f"document.getAnimations().filter({by_itself}).length"
    page.goto("/style/")
    assert page.evaluate(running) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(running) == 0
    button = page.locator("main .button").first
    assert button.evaluate("e => getComputedStyle(e).transitionDuration") == "0s, 0s"


def test_more_contrast_leaves_no_soft_text(page: Page) -> None:
    page.goto("/style/")
    colours = "() => ['.lead', 'h1'].map((s) => getComputedStyle(document.querySelector(s)).color)"
    soft, text = page.evaluate(colours)
    assert soft != text
    page.emulate_media(contrast="more")
    soft, text = page.evaluate(colours)
    assert soft == text


def test_what_is_chosen_is_seen_where_the_system_sets_the_colours(
    page: Page, live_server: LiveServer
) -> None:
    page.emulate_media(forced_colors="active")
    at_the_desk(page, world(n_cases=1), live_server)
    chosen = page.locator(".tile--tie")
    outline = "e => getComputedStyle(e).outlineStyle"
    assert chosen.evaluate(outline) == "none"
    chosen.locator("input").check()
    assert chosen.evaluate(outline) == "solid"
    assert axe_faults(page) == []


def test_a_printed_ballot_holds_the_whole_case_and_both_outputs(
    page: Page, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.arena.voting.world.NOTE", "Fever and cough.\n\n" * 80)
    at_the_desk(page, world(n_cases=1, instructions="Read the note first."), live_server)
    hidden = "e => e.scrollHeight - e.clientHeight"
    assert page.locator(".case__body").evaluate(hidden) > 0
    page.emulate_media(media="print")
    for part in (".case__body", "#pane-left .pane__body", "#pane-right .pane__body"):
        assert page.locator(part).evaluate(hidden) <= 0, part
    expect(page.get_by_text("Read the note first.")).to_be_visible()
    for step in (".site-header", ".answer", ".desk__tools"):
        expect(page.locator(step)).to_be_hidden()


@pytest.mark.usefixtures("clinician")
def test_a_printed_board_has_its_figures_and_no_steps(page: Page) -> None:
    page.goto("/studies/notes/leaderboard/")
    page.emulate_media(media="print")
    expect(page.locator(".forest")).to_be_visible()
    for gone in (".site-header", ".tabs >> nth=0", "main .button >> nth=0"):
        expect(page.locator(gone)).to_be_hidden()
    page.set_viewport_size({"width": 680, "height": 900})  # A4 between its margins
    assert overflow(page) <= 0
