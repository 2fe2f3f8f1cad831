"""Panes of images and volumes show one place at one size, whatever becomes of their window."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.arena.voting.world import World, world
from tests.inputs.test_volume_masks import lesions
from tests.inputs.volumes import nifti
from tests.inputs.world import world_of
from tests.journeys.browser import LOW, drawn, to_screen
from tests.journeys.test_voting import at_the_desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = [(390, 844), (844, 390), (820, 1180), (1180, 820), (720, 450), (1440, 900)]
"""A phone and a tablet that are turned, a desktop at 200 %, and where it began."""
# Of each pane: the place in its middle, how often the whole fits, and the pixels of the canvas for
# one of the screen.
SEEN = """() => [...document.querySelectorAll(".pane :is(c-image, c-volume)")].map((view) => {
  const { left, top, width, height } = view.canvas.getBoundingClientRect();
  const middle = view.imagePoint(left + width / 2, top + height / 2);
  const [from, to] = [view.screenPoint(0, 0), view.screenPoint(1000, 1000)];
  const { extent } = view;
  const [columns, rows] = [extent.columns, extent.rows];
  const fit = Math.min(width / extent.width, height / extent.height);
  const across = (to.x - from.x) / 1000 / (extent.width / columns);
  return [middle.x, middle.y, across / fit, view.canvas.width / view.canvas.clientWidth];
})"""
WATCH = f"""() => {{
  const seen = {SEEN};
  window.apart = [];
  const look = () => {{
    const [left, right] = seen();
    const differs = left.some((value, i) => Math.abs(value - right[i]) > 1e-6);
    if (differs) window.apart.push([left, right]);
    requestAnimationFrame(() => setTimeout(look));
  }};
  look();
}}"""


@pytest.fixture(params=["image", "volume"])
def images(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    if request.param == "image":
        return world("mask")
    (tmp_path / "scan.nii.gz").write_bytes(nifti())
    return world_of("volume", tmp_path, output_kind="mask", records=(lesions(), lesions(1)))


@pytest.fixture
def zoomed(page: Page, live_server: LiveServer, images: World) -> Page:
    at_the_desk(page, images, live_server)
    expect(page.locator(".pane [data-ready]")).to_have_count(2)
    canvas = page.locator(".pane canvas").first
    for key in ("+", "+", "ArrowLeft"):
        canvas.press(key)
    return page


def seen(page: Page) -> list[float]:
    """What both panes show; they show the same."""
    drawn(page)
    drawn(page)
    left, right = page.evaluate(SEEN)
    assert left == pytest.approx(right, abs=1e-6)
    return list(left)


@pytest.mark.parametrize("tool", ["", "v", "b", "d"])
def test_no_size_of_the_window_parts_the_panes(zoomed: Page, tool: str) -> None:
    if tool:
        zoomed.keyboard.press(tool)
    begun = seen(zoomed)
    assert begun[2] == pytest.approx(1.25**2, rel=0.02)
    zoomed.evaluate(WATCH)
    for width, height in SIZES:
        zoomed.set_viewport_size({"width": width, "height": height})
        assert seen(zoomed) == pytest.approx(begun, rel=0.02), (width, height)
    assert zoomed.evaluate("window.apart") == []


def test_no_folding_parts_the_panes(zoomed: Page) -> None:
    zoomed.set_viewport_size({"width": 390, "height": 844})
    zoomed.reload()
    expect(zoomed.locator(".pane [data-ready]")).to_have_count(2)
    zoomed.locator(".pane canvas").first.press("+")
    begun = seen(zoomed)
    tools = zoomed.get_by_role("button", name="Tools", exact=True)
    case = zoomed.locator(".case > summary").first
    for part in (tools, tools, case, case):
        part.click()
        assert seen(zoomed) == pytest.approx(begun, rel=0.02)


def test_both_panes_are_as_sharp_as_the_screen_they_are_moved_to(zoomed: Page) -> None:
    zoomed.set_viewport_size({"width": 1440, "height": LOW})
    begun = seen(zoomed)
    for ratio in (2, 1):
        to_screen(zoomed, ratio)
        assert seen(zoomed) == pytest.approx([*begun[:3], ratio], rel=0.02)
