"""What a reader does with an image: brightness, a ruler, blinking; the same on both sides."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.arena.studies.test_import_images import slice_of
from tests.arena.voting.world import NAMES, generation, system, world
from tests.inputs.examples import pdf, png
from tests.inputs.world import world_of, written
from tests.journeys.browser import drawn, pixels_of, sign_in
from tests.journeys.test_image_marks import BOX
from tests.journeys.test_voting import at_the_desk, shows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CENTRE = """() => {
  const canvas = document.querySelector("c-image canvas");
  return canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 3, 1, 1).data[0];
}"""


def centre(page: Page) -> int:
    drawn(page)
    return int(page.evaluate(CENTRE))


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
    grey = centre(page)
    canvas.press("t")
    assert centre(page) > grey, "brighter"
    page.get_by_role("combobox", name="Window").select_option("Negative")
    assert centre(page) == pytest.approx(255 - grey, abs=1)
    canvas.press("l")
    expect(page.locator(".viewer-legend")).to_have_text("Line: 8 pixels")
    expect(page.get_by_role("button", name="Difference")).to_have_count(0)


def test_a_key_means_the_same_on_an_image_as_elsewhere(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world("mask"), live_server)
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
    canvas = page.locator(".pane c-image[data-side=right] canvas")
    before = shows(page, 1)
    canvas.press("w")
    assert shows(page, 1) == before
    canvas.press("m")
    expect(page.locator("#desk-status")).to_contain_text("Draw a rectangle")
    page.keyboard.press("Escape")
    page.locator("#desk-question").focus()
    page.keyboard.press("t")
    assert shows(page, 1) != before
    page.keyboard.press("l")
    expect(page.locator(".viewer-legend")).to_contain_text("Line: 3.2 mm")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".viewer-legend")).to_contain_text("Line: 3.7 mm")


def test_a_reset_brings_back_the_image_as_it_was(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world("heat-map"), live_server)
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
    before = [shows(page, side) for side in (0, 1)]
    page.locator(".pane c-image[data-side=left] canvas").focus()
    for key in ("t", "+", "ArrowLeft", "l"):
        page.keyboard.press(key)
    page.get_by_role("slider", name="Opacity").fill("10")
    assert shows(page, 0) != before[0]
    page.get_by_role("button", name="Reset").click()
    assert [shows(page, side) for side in (0, 1)] == before
    assert page.get_by_role("slider", name="Opacity").input_value() == "80"


def test_a_slice_shows_the_sides_of_the_body_as_a_volume_does(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    tags = {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelData": bytes(48)}
    here = world_of("image-2d", written(tmp_path, {"slice.dcm": slice_of(**tags)}))
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    expect(page.locator("c-image[data-ready]")).to_have_attribute("data-sides", "R L A P")
    expect(page.get_by_text("from left to right R to L, from top to bottom A to P")).to_be_visible()
    white = (
        pixels_of(page.locator("c-image canvas").evaluate("c => c.toDataURL()")).min(axis=2) > 240
    )
    rows, columns = np.nonzero(white)
    height, width = white.shape
    across, down = np.abs(columns - width / 2) < 20, np.abs(rows - height / 2) < 20
    assert (columns[down] < 30).any() and (columns[down] > width - 30).any()
    assert (rows[across] < 30).any() and (rows[across] > height - 30).any()


def test_lengths_are_in_millimetres_where_the_spacing_is_known(
    page: Page, live_server: LiveServer
) -> None:
    at_the_desk(page, world("mask"), live_server)
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
    page.locator(".pane c-image[data-side=left] canvas").press("l")
    expect(page.locator(".viewer-legend")).to_have_text("Line: 3.2 mm")  # a fifth of 32 x 0.5 mm
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".viewer-legend")).to_have_text("Line: 8.2 mm")


def test_brightness_is_that_of_both_sides(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world("mask"), live_server)
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)
    page.get_by_role("button", name="Nothing", exact=True).click()
    before = shows(page, 0)
    page.locator(".pane c-image[data-side=right] canvas").press("t")
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
        drawn(page)
        counts.append(shapes.count())
    assert sorted(counts[:2]) == [0, 2], "one side marked nothing, the other is on both"
    assert counts[2] == 1, "each has its own again"
    assert page.locator("[id$=-shape-1]").count() == 1, "no name is there twice"


def test_pages_of_a_document_share_one_bar_of_tools(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    here = world_of("pdf-page", written(tmp_path, {"letter.pdf": pdf("One.", "Two.")}))
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    expect(page.locator("c-image[data-ready]").first).to_be_visible()
    page.locator(".case-pages__page").nth(1).scroll_into_view_if_needed()
    expect(page.locator("c-image[data-ready]")).to_have_count(2)
    expect(page.locator(".viewer-tools")).to_have_count(1)


def test_red_free_light_shows_the_green_channel_in_grey(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    table = b"file,key,modality\neye.png,a,fundus\n"
    eye = io.BytesIO()
    Image.new("RGB", (20, 20), (200, 90, 30)).save(eye, "PNG")
    files = {"cases.csv": table, "eye.png": eye.getvalue()}
    here = world_of("image-2d", written(tmp_path, files))
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    page.get_by_role("combobox", name="Window").select_option("Red-free")
    drawn(page)
    pixel = CENTRE.replace(".data[0]", ".data.join()")
    assert page.evaluate(pixel) == "90,90,90,255"
