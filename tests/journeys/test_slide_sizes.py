"""Panes of a slide show one place at one size, whatever becomes of their window."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.journeys.browser import LOW, pixels_of, to_screen
from tests.journeys.test_slide_tools import ballot, mask, tissue
from tests.journeys.test_slide_viewer import BOUNDS, SETTLED, SHOWN, at_the_desk, settled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = [(390, 844), (1440, 900), (820, 1180), (1180, 820), (720, 450), (1440, 900)]
"""A phone, a desktop, a tablet that is turned, a desktop at 200 %, and where it began."""
# How often the panes differed from one frame to the next; the look comes last in its frame.
WATCH = f"""() => {{
  const bounds = {BOUNDS};
  window.apart = [];
  const look = () => {{
    const [left, right] = bounds();
    if (left.some((side, i) => Math.abs(side - right[i]) > 1e-6)) window.apart.push([left, right]);
    requestAnimationFrame(() => setTimeout(look));
  }};
  look();
}}"""
# Times the whole slide, and the middle in shares of its width, of every view that is to be seen.
PLACES = """() => [...document.querySelectorAll("c-slide")]
  .filter((view) => view.viewer?.viewport && view.checkVisibility())
  .map(({ viewer: { viewport } }) => {
    const { x, y } = viewport.getCenter(true);
    return [viewport.getZoom(true) / viewport.getHomeZoom(), x, y, viewport.getRotation(true)];
  })"""


@pytest.fixture
def masks(tmp_path: Path, page: Page, live_server: LiveServer) -> Page:
    at_the_desk(page, ballot(tmp_path, "mask", mask(0), mask(1)), live_server)
    return page


def places(page: Page) -> list[list[float]]:
    settled(page)
    return list(page.evaluate(PLACES))


def same(found: list[list[float]], place: Any) -> bool:
    return len(found) >= 2 and all(view == pytest.approx(place, abs=1e-6) for view in found)


@pytest.mark.parametrize(
    ("led_by", "tool"), [("", ""), ("left", ""), ("right", "v"), ("left", "b"), ("right", "d")]
)
def test_no_size_of_the_window_parts_the_panes(masks: Page, led_by: str, tool: str) -> None:
    if led_by:
        for key in ("+", "+", "ArrowLeft"):
            tissue(masks, led_by).press(key)
    if tool:
        masks.keyboard.press(tool)
    begun = places(masks)
    assert same(begun, begun[0]) and (begun[0][0] > 1.05) == bool(led_by)
    masks.evaluate(WATCH)
    for width, height in SIZES:
        masks.set_viewport_size({"width": width, "height": height})
        assert same(places(masks), begun[0]), (width, height)
    assert masks.evaluate("window.apart") == []


def test_no_panel_parts_the_panes(masks: Page) -> None:
    tissue(masks, "right").press("+")
    begun = places(masks)
    masks.evaluate(WATCH)
    case = masks.locator(".case > summary").first
    for opens in (case.click, case.click, lambda: masks.keyboard.press("f")):
        opens()
        assert same(places(masks), begun[0])
    assert masks.evaluate("window.apart") == []


def test_a_size_that_changes_in_the_middle_of_a_motion_does_not_part_the_panes(
    masks: Page,
) -> None:
    masks.emulate_media(reduced_motion="no-preference")
    masks.reload()
    expect(masks.locator(".pane c-slide[data-looks]")).to_have_count(2)
    settled(masks)
    masks.evaluate(WATCH)
    for width in (1200, 1440):  # wide enough for all tools
        masks.get_by_role("button", name="Zoom in", exact=True).click()
        masks.set_viewport_size({"width": width, "height": 900})
        found = places(masks)
        assert same(found, found[0])
    assert found[0][0] == pytest.approx(1.5**2, abs=1e-6), "both motions were made to their end"
    assert masks.evaluate("window.apart") == []


def test_a_view_that_opens_later_goes_to_where_the_others_are(masks: Page) -> None:
    tissue(masks, "left").press("+")
    begun = places(masks)
    masks.evaluate("""() => {
      const right = document.querySelector(".pane c-slide[data-side=right]");
      const next = document.importNode(right.cloneNode(false), true);
      for (const attribute of ["data-ready", "data-looks"]) next.removeAttribute(attribute);
      next.append(...right.querySelectorAll(":scope > .slide-view__still"));
      right.replaceWith(next);
    }""")
    expect(masks.locator(".pane c-slide[data-looks]")).to_have_count(2)
    assert same(places(masks), begun[0])


def test_both_panes_are_as_sharp_as_the_screen_they_are_moved_to(masks: Page) -> None:
    """The library tells one of its viewers alone that the screen has other pixels."""
    masks.set_viewport_size({"width": 1440, "height": LOW})
    masks.get_by_role("combobox", name="Marks").select_option("Nothing")
    tissue(masks, "left").press("+")
    begun = places(masks)
    for ratio in (2, 1):
        to_screen(masks, ratio)
        assert same(places(masks), begun[0])
        assert masks.evaluate(SETTLED)
        assert masks.evaluate(SHARP) == pytest.approx([ratio] * 4, rel=0.01)
        left, right = (pixels_of(url) for url in masks.evaluate(SHOWN))
        assert middle_of_dark(left) == pytest.approx(middle_of_dark(right), abs=1)


SHARP = """() => [...document.querySelectorAll(".pane c-slide canvas")]
  .filter((canvas) => canvas.clientWidth).map((canvas) => canvas.width / canvas.clientWidth)"""


def middle_of_dark(image: NDArray[np.uint8]) -> list[float]:
    """Of the dark blue square of the slide."""
    blue = image.astype(int)[..., 2] - image[..., 0]
    return [float(place) for place in np.argwhere(blue > 40).mean(axis=0)]
