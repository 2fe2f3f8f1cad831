"""A divider with the left output on its left, the right one on its right, in both panes alike."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.arena.voting.world import NAMES, World, generation, system, world
from tests.inputs.test_volume_masks import lesions
from tests.inputs.volumes import nifti
from tests.inputs.world import world_of
from tests.journeys.browser import axe_faults, drawn, look, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# What a strip of each pane shows, from a share of its width to another, without words at the edges.
STRIP = """([viewer, from, to]) =>
  [...document.querySelectorAll(`.pane ${viewer} canvas`)].map((canvas) => {
    const [left, right] = [from, to].map((share) => Math.round(share * canvas.width));
    const [top, height] = [0.15, 0.25].map((share) => Math.round(share * canvas.height));
    const { data } = canvas.getContext("2d").getImageData(left, top, right - left, height);
    return btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));
  })"""
ROUNDING = 8  # of 255: where pixels of the image end between those of the screen


def at_the_desk(page: Page, here: World, live_server: LiveServer, viewer: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    expect(page.locator(f".pane {viewer}[data-ready]")).to_have_count(2)


def strips(page: Page, viewer: str, start: float, end: float) -> list[NDArray[np.int16]]:
    drawn(page)
    found = page.evaluate(STRIP, [viewer, start, end])
    bytes_of = [base64.b64decode(text) for text in found]  # a million numbers take seconds
    return [np.frombuffer(pixels, dtype=np.uint8).astype(np.int16) for pixels in bytes_of]


def same(found: list[NDArray[np.int16]], wanted: NDArray[np.int16]) -> bool:
    """Whether both panes show this."""
    return all(np.abs(pixels - wanted).max() <= ROUNDING for pixels in found)


def dividers(page: Page) -> Locator:
    return page.get_by_role("slider", name="Divider between the left and the right output")


@pytest.fixture(params=["c-image", "c-volume"])
def desk(
    request: pytest.FixtureRequest, page: Page, live_server: LiveServer, tmp_path: Path
) -> tuple[Page, str]:
    """Two outputs that mark different places of one image or volume."""
    if request.param == "c-image":
        here = world("mask", n_cases=1)
    else:
        (tmp_path / "scan.nii.gz").write_bytes(nifti())
        records = (lesions(), lesions(1))
        here = world_of("volume", tmp_path, output_kind="mask", records=records)
    at_the_desk(page, here, live_server, request.param)
    if request.param == "c-volume":
        page.locator(".pane c-volume[data-side=left] canvas").press("ArrowUp")
    return page, request.param


def test_each_half_shows_what_its_own_side_shows(desk: tuple[Page, str]) -> None:
    page, viewer = desk
    left_alone, _ = strips(page, viewer, 0.25, 0.49)
    _, right_alone = strips(page, viewer, 0.51, 0.75)
    whole = strips(page, viewer, 0.25, 0.75)
    assert not same(whole, whole[0]), "the two sides marked different places"
    page.get_by_role("button", name="Swipe").click()
    assert same(strips(page, viewer, 0.25, 0.49), left_alone)
    assert same(strips(page, viewer, 0.51, 0.75), right_alone)
    page.get_by_role("button", name="Swipe").click()
    expect(dividers(page)).to_have_count(0)
    assert not same(strips(page, viewer, 0.25, 0.75), whole[0]), "each its own again"


def test_the_divider_moves_by_arrow_keys_in_both_panes_and_says_where_it_is(
    desk: tuple[Page, str],
) -> None:
    page, viewer = desk
    whole = strips(page, viewer, 0.25, 0.75)
    page.keyboard.press("v")
    expect(dividers(page)).to_have_count(2)
    dividers(page).first.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowLeft")
    for divider in dividers(page).all():
        expect(divider).to_have_attribute("aria-valuenow", "58")
    words = "Left of the divider: left output, 58 %. Right of it: right output, 42 %."
    expect(dividers(page).last).to_have_attribute("aria-valuetext", words)
    expect(page.locator(".viewer-legend")).to_contain_text(words)
    page.keyboard.press("End")
    expect(dividers(page).first).to_have_attribute("aria-valuenow", "100")
    assert same(strips(page, viewer, 0.25, 0.75), whole[0]), "all of the left output"
    page.keyboard.press("Home")
    expect(dividers(page).first).to_have_attribute("aria-valuenow", "0")
    assert same(strips(page, viewer, 0.25, 0.75), whole[1]), "all of the right output"
    assert axe_faults(page) == []


def test_the_divider_follows_mouse_and_finger(desk: tuple[Page, str]) -> None:
    page, viewer = desk
    page.keyboard.press("v")
    box = page.locator(f".pane {viewer}[data-side=right]").bounding_box()
    assert box is not None
    at = {share: box["x"] + share * box["width"] for share in (0.25, 0.5, 0.75)}
    y = box["y"] + box["height"] / 3
    page.mouse.move(at[0.5], y)
    page.mouse.down()
    page.mouse.move(at[0.75], y, steps=3)
    page.mouse.up()
    expect(dividers(page).first).to_have_attribute("aria-valuenow", "75")
    send = page.context.new_cdp_session(page).send
    for kind, x in (("touchStart", at[0.75]), ("touchMove", at[0.5]), ("touchMove", at[0.25])):
        points = [{"x": x, "y": y}]
        send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(dividers(page).first).to_have_attribute("aria-valuenow", "25")


def test_swipe_difference_and_blink_end_each_other(desk: tuple[Page, str]) -> None:
    page, _ = desk
    pressed = {
        name: page.get_by_role("button", name=name) for name in ("Swipe", "Difference", "Blink")
    }
    for name in ("Swipe", "Difference", "Swipe", "Blink", "Swipe"):
        pressed[name].click()
        for other, button in pressed.items():
            expect(button).to_have_attribute("aria-pressed", str(other == name).lower())


def test_boxes_of_both_sides_are_cut_at_the_divider(page: Page, live_server: LiveServer) -> None:
    here = world("boxes", n_cases=1, n_systems=0)
    box = {"x": 4.0, "y": 4.0, "w": 24.0, "h": 16.0, "label": "nodule"}
    records: tuple[Any, Any] = ({"boxes": [box]}, {"boxes": [{**box, "y": 10.0}]})
    for name, record in zip(NAMES, records, strict=False):
        generation(system(here.study, here.study.created_by, name), here.cases[0], record)
    at_the_desk(page, here, live_server, "c-image")
    page.keyboard.press("v")
    shapes = page.locator(".pane c-image > .shapes")
    expect(shapes).to_have_count(4)
    clips = """nodes => nodes.map((node) =>
      [node.querySelector(".shape__line").getAttribute("d"), node.style.clipPath])"""
    found = shapes.evaluate_all(clips)
    assert len({tuple(each) for each in found}) == 2, "the same two in both panes"
    assert {clip for _, clip in found} == {"inset(0px 50% 0px 0%)", "inset(0px 0% 0px 50%)"}
    page.keyboard.press("v")
    expect(shapes).to_have_count(2)
    assert page.locator("[id$=-shape-1]").count() == 2, "no name is there twice"


def test_pictures_that_systems_made_are_swiped_as_well(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world("image-generated", n_cases=1), live_server, "c-image")
    left, right = strips(page, "c-image", 0.4, 0.49)[0], strips(page, "c-image", 0.51, 0.6)[1]
    page.keyboard.press("v")
    assert same(strips(page, "c-image", 0.4, 0.49), left)
    assert same(strips(page, "c-image", 0.51, 0.6), right)


def test_swiping_is_legible_everywhere(desk: tuple[Page, str]) -> None:
    page, viewer = desk
    page.keyboard.press("v")
    look(page, f"swipe-{viewer}")


def test_an_image_beside_text_has_no_swipe(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    film = io.BytesIO()
    Image.new("L", (20, 20), 90).save(film, "PNG")
    (tmp_path / "film.png").write_bytes(film.getvalue())
    here = world_of("image-2d", tmp_path)
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    expect(page.locator("c-image[data-ready]")).to_have_count(1)
    page.keyboard.press("v")
    expect(page.get_by_role("button", name="Swipe")).to_have_count(0)
    expect(dividers(page)).to_have_count(0)
