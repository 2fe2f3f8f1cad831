"""A radiologist reads a volume: sides of the body, both panes together, windows, marks, a ruler."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.arena.voting.world import World
from tests.inputs.test_volume_masks import lesions
from tests.inputs.volumes import nifti, series
from tests.inputs.world import world_of, written
from tests.journeys.browser import drawn, look, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BRIGHT, MIDDLE, DARK = 200, 90, 60


def at_the_desk(page: Page, here: World, live_server: LiveServer, views: int) -> None:
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    expect(page.locator("c-volume[data-ready]")).to_have_count(views)


@pytest.fixture
def masks(tmp_path: Path) -> World:
    (tmp_path / "scan.nii.gz").write_bytes(nifti())
    records = (lesions(), lesions(1))
    return world_of("volume", tmp_path, output_kind="mask", records=records)


def grey_at(page: Page, shares: Sequence[tuple[float, float]], side: str = "case") -> list[int]:
    """How bright the canvas is at places given in shares of the image."""
    script = """([side, shares]) => {
      const canvas = document.querySelector(`c-volume[data-side=${side}] canvas`);
      const view = canvas.parentElement;
      const { width, height } = view.extent;
      const scale = Math.min(canvas.width / width, canvas.height / height);
      return shares.map(([x, y]) => canvas.getContext("2d").getImageData(
        canvas.width / 2 + (x - 0.5) * width * scale,
        canvas.height / 2 + (y - 0.5) * height * scale, 1, 1).data[0]);
    }"""
    drawn(page)
    return list(page.evaluate(script, [side, [list(share) for share in shares]]))


def shows(page: Page, side: str) -> str:
    script = "side => document.querySelector(`c-volume[data-side=${side}] canvas`).toDataURL()"
    drawn(page)
    return str(page.evaluate(script, side))


@pytest.mark.parametrize("source", ["nifti", "dicom"])
def test_the_patients_right_is_on_the_left_of_the_screen(
    page: Page, live_server: LiveServer, tmp_path: Path, source: str
) -> None:
    files = {"scan.nii.gz": nifti(axes="LPS")} if source == "nifti" else series()
    at_the_desk(page, world_of("volume", written(tmp_path / "in", files)), live_server, 1)
    canvas = page.locator("c-volume canvas")
    # Right, left, front, back; the marker of the right is the brightest.
    right, left, front, back = (0.1, 0.45), (0.9, 0.45), (0.55, 0.1), (0.55, 0.9)
    found = grey_at(page, [right, left, front, back])
    assert found[0] > BRIGHT and found[1] < DARK and found[3] < DARK
    assert DARK < found[2] < found[0]
    canvas.press("p")  # coronal: the head is on top
    assert grey_at(page, [(0.1, 0.6)])[0] > BRIGHT
    head, feet = grey_at(page, [(0.5, 0.06), (0.5, 0.8)])
    assert head > feet
    canvas.press("p")  # sagittal: the front is on the left
    front_share, back_share = grey_at(page, [(0.1, 0.6), (0.9, 0.6)])
    assert front_share > back_share


def test_both_panes_show_the_same_slice_window_and_place(
    page: Page, live_server: LiveServer, masks: World
) -> None:
    at_the_desk(page, masks, live_server, 3)
    left = page.locator("c-volume[data-side=left] canvas")
    tools = page.get_by_role("group", name="Tools of the volume")
    tools.get_by_role("combobox", name="Marks").select_option("none")
    assert shows(page, "left") == shows(page, "right")
    seen = {shows(page, "left")}
    for key in ("ArrowUp", "t", "+", "ArrowLeft", "p"):
        left.press(key)
        assert shows(page, "left") == shows(page, "right")
        seen.add(shows(page, "left"))
    assert len(seen) == 6, "each key changed what is seen"
    tools.get_by_role("slider", name="Slice").fill("2")
    expect(tools.locator("output").first).to_have_text("2 of 16")
    tools.get_by_role("spinbutton", name="Width").fill("300")
    tools.get_by_role("spinbutton", name="Width").blur()
    assert shows(page, "left") == shows(page, "right")


def test_a_notch_of_the_wheel_is_one_slice_whatever_the_mouse_calls_a_notch(
    page: Page, live_server: LiveServer, masks: World
) -> None:
    at_the_desk(page, masks, live_server, 3)
    told = page.get_by_role("group", name="Tools of the volume").locator("output").first
    page.get_by_role("slider", name="Slice").fill("8")
    expect(told).to_have_text("8 of 12")
    page.locator("c-volume[data-side=left] canvas").hover()
    for sent, slice_then in ((120, 7), (100, 6), (53, 5), (-120, 6), (-360, 9)):
        page.mouse.wheel(0, sent)
        expect(told).to_have_text(f"{slice_then} of 12")
    for _ in range(3):  # a touchpad's small steps add up
        page.mouse.wheel(0, 20)
    expect(told).to_have_text("8 of 12")


def test_black_and_white_change_places_in_any_window(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    (tmp_path / "scan.nii.gz").write_bytes(nifti(axes="LPS"))
    at_the_desk(page, world_of("volume", tmp_path), live_server, 1)
    places = [(0.1, 0.45), (0.9, 0.45), (0.55, 0.1)]
    before = grey_at(page, places)
    negative = page.get_by_role("button", name="Negative")
    negative.click()
    assert grey_at(page, places) == [255 - grey for grey in before]
    page.locator("c-volume canvas").press("t")
    expect(negative).to_have_attribute("aria-pressed", "true")
    page.locator("c-volume canvas").press("i")
    expect(negative).to_have_attribute("aria-pressed", "false")


def test_centre_and_width_are_told_as_finely_as_they_are_seen(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    voxels = np.linspace(9.62541, 99.6243, 4800, dtype=np.float32).reshape(40, 40, 3)
    (tmp_path / "scan.nii.gz").write_bytes(nifti(voxels))
    at_the_desk(page, world_of("volume", tmp_path), live_server, 1)
    for name in ("Centre", "Width"):
        assert len(page.get_by_role("spinbutton", name=name).input_value()) <= 4


def test_what_only_one_side_marked_is_told_from_what_both_did(
    page: Page, live_server: LiveServer, masks: World
) -> None:
    at_the_desk(page, masks, live_server, 3)
    left = page.locator("c-volume[data-side=left] canvas")
    # It begins in the middle of what both marked.
    assert shows(page, "left") == shows(page, "right"), "here both marked the same"
    left.press("ArrowUp")
    assert shows(page, "left") != shows(page, "right"), "here only one did"
    page.keyboard.press("d")
    assert shows(page, "left") == shows(page, "right"), "one picture of the difference"
    expect(page.get_by_text("only left: stripes rising")).to_be_visible()
    page.emulate_media(reduced_motion="reduce")
    page.keyboard.press("b")
    assert shows(page, "left") == shows(page, "right"), "the marks of the left on both"
    expect(page.get_by_role("button", name="Blink")).to_have_attribute("aria-pressed", "true")


def test_a_line_is_measured_in_millimetres_by_keyboard_and_by_mouse(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    (tmp_path / "scan.nii.gz").write_bytes(nifti(np.zeros((40, 40, 3), np.int16)))
    at_the_desk(page, world_of("volume", tmp_path), live_server, 1)
    told = page.locator(".viewer-legend")
    canvas = page.locator("c-volume canvas")
    canvas.press("l")
    expect(told).to_have_text("Line: 8.0 mm")  # a fifth of 40 mm
    for _ in range(3):
        canvas.press("ArrowRight")
    expect(told).to_have_text("Line: 11.0 mm")
    canvas.press("Shift+ArrowDown")
    expect(told).to_have_text("Line: 18.6 mm")  # 1.5 mm a row
    box = canvas.bounding_box()
    assert box is not None
    per_mm = min(box["width"] / 40, box["height"] / 60)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20 + 30 * per_mm)
    page.mouse.up()
    expect(told).to_have_text("Line: 30.0 mm")
    canvas.press("p")
    expect(told).not_to_contain_text("mm")  # it lies on another plane's slice
    for _ in range(2):
        canvas.press("p")
    expect(told).to_have_text("Line: 30.0 mm")


def test_what_a_colour_stands_for_is_seen_with_the_image(
    page: Page, live_server: LiveServer, masks: World
) -> None:
    at_the_desk(page, masks, live_server, 3)
    for pane in page.locator(".pane").all():
        for name in ("liver", "cyst"):
            expect(pane.get_by_role("listitem").filter(has_text=name)).to_be_in_viewport()
        expect(pane.locator("c-volume")).to_be_in_viewport(ratio=1)


def test_panes_are_equal_where_one_side_has_fewer_labels(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    (tmp_path / "scan.nii.gz").write_bytes(nifti())
    fewer = {**lesions(), "objects": lesions()["objects"][:1]}
    here = world_of("volume", tmp_path, output_kind="mask", records=(lesions(), fewer))
    at_the_desk(page, here, live_server, 3)
    left, right = (
        page.locator(f"c-volume[data-side={side}] canvas").bounding_box()
        for side in ("left", "right")
    )
    assert left and right
    assert (left["y"], left["height"]) == (right["y"], right["height"])


def test_the_image_stays_where_it_is_whatever_the_tools_tell(
    page: Page, live_server: LiveServer, masks: World
) -> None:
    at_the_desk(page, masks, live_server, 3)
    box = page.locator("c-volume[data-side=left] canvas").bounding_box()
    for key in ("v", "d"):
        page.keyboard.press(key)
        expect(page.locator(".viewer-legend")).not_to_be_empty()
        drawn(page)
        assert page.locator("c-volume[data-side=left] canvas").bounding_box() == box, key


def test_the_ballot_of_a_volume_is_legible_everywhere(
    page: Page, live_server: LiveServer, masks: World
) -> None:
    at_the_desk(page, masks, live_server, 3)
    look(page, "input-volume-masks")


def test_a_volume_beside_text_is_legible_everywhere(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    at_the_desk(page, world_of("volume", written(tmp_path / "in", series())), live_server, 1)
    look(page, "input-volume")


@pytest.mark.slow
def test_a_volume_that_cannot_be_loaded_leaves_three_slices(
    page: Page, live_server: LiveServer, masks: World
) -> None:
    page.route("**/case/volume", lambda route: route.fulfill(status=200, body=b"no gzip"))
    sign_in(page, masks.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{masks.study.slug}/vote/")
    expect(page.locator(".pane .viewer-waits").first).to_contain_text("could not be loaded")
    expect(page.locator(".pane .volume-view__still img").first).to_be_visible()
