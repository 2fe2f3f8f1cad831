"""A volume beyond the single slice: playing through it, one place in three planes, a reset."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.inputs.test_volume_masks import lesions
from tests.inputs.volumes import MARKER, SHAPE, nifti
from tests.inputs.world import world_of
from tests.journeys.browser import drawn, pixels_of
from tests.journeys.test_volume_viewer import at_the_desk, shows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(page: Page, live_server: LiveServer, tmp_path: Path) -> Page:
    (tmp_path / "scan.nii.gz").write_bytes(nifti())
    here = world_of("volume", tmp_path, output_kind="mask", records=(lesions(), lesions(1)))
    at_the_desk(page, here, live_server, 3)
    return page


def slices(page: Page) -> str:
    return page.locator(".viewer-tools output").first.inner_text()


def test_nothing_plays_until_it_is_asked_to_and_any_way_to_a_slice_ends_it(desk: Page) -> None:
    play = desk.get_by_role("button", name="Play through the slices")
    told = desk.locator(".viewer-tools output").first
    expect(play).to_have_attribute("aria-pressed", "false")
    desk.wait_for_timeout(600)
    expect(told).to_have_text("6 of 12")
    canvas = desk.locator(".pane c-volume[data-side=right] canvas")
    for end in (
        lambda: canvas.press("ArrowUp"),
        lambda: desk.get_by_role("slider", name="Slice").fill("4"),
        lambda: desk.get_by_role("button", name="Coronal").click(),
        lambda: desk.keyboard.press("k"),
        lambda: desk.keyboard.press("r"),
    ):
        before = slices(desk)
        desk.keyboard.press("k")
        expect(play).to_have_attribute("aria-pressed", "true")
        expect(told).not_to_have_text(before)
        end()
        expect(play).to_have_attribute("aria-pressed", "false")
        stopped = slices(desk)
        desk.wait_for_timeout(400)
        assert slices(desk) == stopped


def test_playing_keeps_both_panes_in_step_goes_round_and_waits_for_nobody_who_left(
    desk: Page,
) -> None:
    desk.get_by_role("combobox", name="Marks").select_option("none")
    desk.get_by_role("combobox", name="Speed").select_option("2/s")
    desk.get_by_role("slider", name="Slice").fill("12")
    desk.locator("#desk-question").focus()
    desk.keyboard.press("k")
    expect(desk.locator(".viewer-tools output").first).to_have_text("1 of 12")
    hide = "() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true });"
    desk.evaluate(hide + "document.dispatchEvent(new Event('visibilitychange')); }")
    play = desk.get_by_role("button", name="Play through the slices")
    expect(play).to_have_attribute("aria-pressed", "false")
    assert shows(desk, "left") == shows(desk, "right")


def test_who_wants_little_motion_begins_it_alone_and_slowly(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    page.emulate_media(reduced_motion="reduce")
    (tmp_path / "scan.nii.gz").write_bytes(nifti())
    at_the_desk(page, world_of("volume", tmp_path), live_server, 1)
    page.wait_for_timeout(600)
    expect(page.locator(".viewer-tools output").first).to_have_text("7 of 12")
    expect(page.get_by_role("combobox", name="Speed")).to_have_value("2")


def yellow(page: Page, side: str) -> tuple[int, int]:
    """Column and row of the canvas through which the crosshair runs."""
    pixels = pixels_of(shows(page, side)).astype(int)
    red, green, blue = (pixels[..., channel] for channel in range(3))
    hairs = (red > 150) & (green > 130) & (blue < 90)
    return int(hairs.sum(axis=0).argmax()), int(hairs.sum(axis=1).argmax())


def pointed(page: Page, side: str, column: float, row: float) -> None:
    script = "([side, x, y]) => { const p = document.querySelector(`c-volume[data-side=${side}]`)"
    script += ".screenPoint(x, y); return [p.x, p.y]; }"
    x, y = page.evaluate(script, [side, column, row])
    page.mouse.click(x, y)


def test_a_place_that_is_pointed_at_is_shown_in_all_planes(desk: Page) -> None:
    told = desk.locator(".viewer-legend")
    desk.get_by_role("combobox", name="Marks").select_option("none")
    desk.get_by_role("button", name="Crosshair").click()
    # The marker lies at the patient's right, which is on the left of the screen.
    pointed(desk, "left", 1.5, SHAPE[1] / 2 + 0.5)
    x, y, z = SHAPE[0] - 2, SHAPE[1] - 1 - SHAPE[1] // 2, 5
    place = f"Crosshair: axial {z + 1}, coronal {y + 1}, sagittal {x + 1}, value {MARKER}"
    expect(told).to_contain_text(place)
    for plane, number, of in zip(
        ("Coronal", "Sagittal", "Axial"), (y, x, z), (16, 20, 12), strict=True
    ):
        desk.get_by_role("button", name=plane).click()
        expect(desk.locator(".viewer-tools output").first).to_have_text(f"{number + 1} of {of}")
        expect(told).to_contain_text(place)
        assert shows(desk, "left") == shows(desk, "right")
        assert yellow(desk, "left") == yellow(desk, "right") != (0, 0)


def test_the_crosshair_moves_by_keys_and_is_gone_when_switched_off(desk: Page) -> None:
    told = desk.locator(".viewer-legend")
    canvas = desk.locator(".pane c-volume[data-side=left] canvas")
    before = shows(desk, "left")
    desk.keyboard.press("h")
    expect(canvas).to_be_focused()
    expect(told).to_contain_text("axial 6, coronal 9, sagittal 17")
    for key, then in (
        ("ArrowRight", "axial 6, coronal 9, sagittal 16"),
        ("Shift+ArrowLeft", "axial 6, coronal 9, sagittal 20"),
        ("ArrowUp", "axial 6, coronal 10, sagittal 20"),
        ("PageUp", "axial 7, coronal 10, sagittal 20"),
    ):
        desk.keyboard.press(key)
        expect(told).to_contain_text(then)
    column = yellow(desk, "left")[0]
    desk.keyboard.press("ArrowRight")
    drawn(desk)
    assert yellow(desk, "left")[0] > column, "to the right on the screen as well"
    desk.keyboard.press("PageDown")
    desk.keyboard.press("h")
    expect(told).to_be_empty()
    assert shows(desk, "left") == before


def test_a_reset_brings_back_what_was_opened(desk: Page) -> None:
    before = [shows(desk, side) for side in ("left", "right")]
    ways = ("p", "t", "i", "+", "+", "ArrowLeft", "h", "c", "d")
    for way in ("r", "button"):
        desk.locator(".pane c-volume[data-side=left] canvas").focus()
        for key in ways:
            desk.keyboard.press(key)
        desk.get_by_role("slider", name="Opacity").fill("90")
        assert shows(desk, "left") != before[0]
        if way == "r":
            desk.keyboard.press("r")
        else:
            desk.get_by_role("button", name="Reset").click()
        assert [shows(desk, side) for side in ("left", "right")] == before
