"""Scripts that run from right to left: the whole way of a rater, in words and in what is judged."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from arena.generations.models import Generation
from arena.voting.models import Ballot, CriterionVote
from tests.arena.voting.world import world
from tests.frontend.languages import pseudo_locale
from tests.journeys.browser import WIDTHS, axe_faults, cut_off, overflow, sign_in
from tests.journeys.test_voting import at_the_desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ANSWER = "סביר שמדובר בדלקת ריאות."
NOTE = "חום ושיעול מזה שלושה ימים.\n\nAmoxicillin 500 mg."


@pytest.fixture
def from_right(speaking: Any, settings: Any, tmp_path: Path) -> Page:
    """A page that speaks a language of Hebrew letters, longer than any real one."""
    settings.LANGUAGES = [("en", "English"), ("he", "עברית")]
    settings.LOCALE_PATHS = [pseudo_locale(tmp_path, "he", from_right=True)]
    page: Page = speaking("he")
    return page


@pytest.fixture
def hebrew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases and answers in Hebrew, each answer with a number that tells it from the others."""
    monkeypatch.setattr("tests.arena.voting.world.NOTE", NOTE)
    monkeypatch.setattr(
        "tests.arena.voting.world.sample_record",
        lambda _, n: {"text": f"{ANSWER} ({n})\n\nTake 500 mg twice a day."},
    )


def fits(page: Page, name: str) -> None:
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    for width in WIDTHS.values():
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) <= 0, (name, width)
        assert cut_off(page) == [], (name, width)
    assert axe_faults(page) == [], name


@pytest.mark.slow
@pytest.mark.usefixtures("hebrew")
def test_the_whole_way_of_a_rater_fits(from_right: Page, live_server: LiveServer) -> None:
    page = from_right
    here = world(n_cases=1, criteria=("overall", "accuracy"), study={"synthetic": True})
    for path in ("/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"):
        page.goto(path)
        fits(page, path)
    sign_in(page, here.rater, live_server.url)
    for path in ("/", "/studies/", f"/studies/{here.study.slug}/", "/profile/"):
        page.goto(path)
        fits(page, path)
    at_the_desk(page, here, live_server)
    page.locator(".tile--tie input").first.check()
    page.locator(".pane--left [data-flag]").check()
    fits(page, "ballot")
    page.keyboard.press("?")
    fits(page, "help")
    page.keyboard.press("Escape")
    page.locator("[popovertarget=skip-dialog]").first.click()
    fits(page, "skip")
    page.locator("#skip-dialog [value=not_my_specialty]").check()
    page.locator("#skip-dialog button[type=submit]").click()
    expect(page.locator(".desk--done")).to_be_visible()
    fits(page, "done")


def edge(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["x"]


def left_of(ballot: Ballot) -> Generation:
    pair = ballot.comparison
    return pair.second if ballot.left_is_second else pair.first


@pytest.mark.usefixtures("hebrew")
@pytest.mark.parametrize("width", [WIDTHS["desktop"], WIDTHS["phone"]])
def test_the_left_key_votes_for_the_output_that_stands_on_the_left(
    from_right: Page, live_server: LiveServer, width: int
) -> None:
    page = from_right
    page.set_viewport_size({"width": width, "height": 900})
    at_the_desk(page, world(n_cases=1), live_server)
    ballot = Ballot.objects.get()
    first_line = left_of(ballot).record["text"].split("\n")[0]
    assert edge(page, "#pane-left") < edge(page, "#pane-right")
    assert edge(page, ".tile--left_strongly") < edge(page, ".tile--right_strongly")
    expect(page.locator("#pane-left .pane__body")).to_contain_text(first_line)
    # « is a mirrored character: in text from right to left it would point to the right.
    sign = page.locator(".tile--left_strongly b")
    assert sign.first.evaluate("e => getComputedStyle(e).direction") == "ltr"
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator(".desk--done")).to_be_visible()
    assert CriterionVote.objects.get().outcome == "left_strongly"


def test_the_arrow_to_the_left_moves_to_the_verdict_on_the_left(
    from_right: Page, live_server: LiveServer
) -> None:
    at_the_desk(from_right, world(), live_server)
    from_right.locator(".tile--tie input").first.check()
    from_right.keyboard.press("ArrowLeft")
    expect(from_right.locator(".tile--left_slightly input").first).to_be_checked()


# Where the words of a block begin and end, against the block.
ALIGNED = """(blocks) => blocks.map((block) => {
  const words = document.createRange();
  words.selectNodeContents(block);
  const [line, box] = [words.getBoundingClientRect(), block.getBoundingClientRect()];
  return line.left - box.left > box.right - line.right ? "right" : "left";
})"""


@pytest.mark.usefixtures("hebrew")
def test_each_block_runs_as_its_own_letters_say_whatever_the_interface(
    page: Page, live_server: LiveServer
) -> None:
    at_the_desk(page, world(n_cases=1), live_server)
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    blocks = page.locator("#pane-left .pane__body p")
    assert blocks.evaluate_all(ALIGNED) == ["right", "left"]
    assert page.locator(".case__body").evaluate("e => getComputedStyle(e).direction") == "rtl"
    page.locator("#answer-more textarea").evaluate("e => e.value = 'שיעול'")
    assert (
        page.locator("#answer-more textarea").evaluate("e => getComputedStyle(e).unicodeBidi")
        == "plaintext"
    )


@pytest.mark.parametrize(
    ("kind", "looked_at"),
    [
        ("mask", "c-image"),
        ("heat-map", ".colour-scale__ends"),
        ("heat-map", ".output-table"),
        ("regression-value", ".number-line"),
        ("forecast", ".plot"),
        ("sequence-generated", ".sequence__blocks"),
        ("code-artifact", ".source--code"),
    ],
)
def test_what_is_looked_at_or_measured_is_never_mirrored(
    kind: str, looked_at: str, from_right: Page, live_server: LiveServer
) -> None:
    at_the_desk(from_right, world(kind, n_cases=1), live_server)
    found = from_right.locator(f".pane {looked_at}")
    assert found.count() >= 2
    directions = found.evaluate_all("all => all.map(e => getComputedStyle(e).direction)")
    assert set(directions) == {"ltr"}
