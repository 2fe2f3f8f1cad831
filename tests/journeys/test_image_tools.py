"""What a reader does with an image: brightness, a ruler, blinking; the same on both sides."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.arena.voting.world import NAMES, generation, system, world
from tests.inputs.examples import png
from tests.inputs.world import world_of, written
from tests.journeys.browser import sign_in
from tests.journeys.test_image_marks import BOX
from tests.journeys.test_voting import at_the_desk, shows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CENTRE = """() => {
  const canvas = document.querySelector("c-image canvas");
  return canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 3, 1, 1).data[0];
}"""


def beside_text(page: Page, live_server: LiveServer, folder: Path) -> None:
    here = world_of("image-2d", written(folder, {"film.png": png()}))
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    expect(page.locator("c-image[data-ready]")).to_have_count(1)


def test_the_image_of_a_case_beside_text_has_the_same_tools(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    beside_text(page, live_server, tmp_path)
    canvas = page.locator("c-image canvas")
    grey = page.evaluate(CENTRE)
    canvas.press("w")
    assert page.evaluate(CENTRE) > grey, "brighter"
    page.get_by_role("combobox", name="Window").select_option("Negative")
    assert page.evaluate(CENTRE) == pytest.approx(255 - grey, abs=1)
    canvas.press("m")
    expect(page.locator(".viewer-legend")).to_have_text("Line: 8 pixels")
    expect(page.get_by_role("button", name="Difference")).to_have_count(0)


def test_lengths_are_in_millimetres_where_the_spacing_is_known(
    page: Page, live_server: LiveServer
) -> None:
    at_the_desk(page, world("mask"), live_server)
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
    page.locator(".pane c-image[data-side=left] canvas").press("m")
    expect(page.locator(".viewer-legend")).to_have_text("Line: 3.2 mm")  # a fifth of 32 x 0.5 mm
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".viewer-legend")).to_have_text("Line: 8.2 mm")


def test_brightness_is_that_of_both_sides(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world("mask"), live_server)
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
    page.get_by_role("button", name="Nothing", exact=True).click()
    before = shows(page, 0)
    page.locator(".pane c-image[data-side=right] canvas").press("w")
    assert shows(page, 0) == shows(page, 1) != before


def test_blinking_shows_one_sides_marks_on_both(page: Page, live_server: LiveServer) -> None:
    here = world("boxes", n_cases=1, n_systems=0)
    for name, record in zip(NAMES, ({"boxes": [BOX]}, {"boxes": []}), strict=False):
        generation(system(here.study, here.study.created_by, name), here.cases[0], record)
    page.emulate_media(reduced_motion="reduce")
    at_the_desk(page, here, live_server)
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
    shapes = page.locator(".pane c-image > .shapes")
    expect(shapes).to_have_count(1)
    counts = []
    for _ in range(3):
        page.keyboard.press("b")
        counts.append(shapes.count())
    assert sorted(counts[:2]) == [0, 2], "one side marked nothing, the other is on both"
    assert counts[2] == 1, "each has its own again"
    assert page.locator("[id$=-shape-1]").count() == 1, "no name is there twice"
