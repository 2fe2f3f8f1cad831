"""What a pathologist does with a slide: lengths, objectives, and the two sides' marks compared."""

import base64
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from evaluation.kinds.rle import rle_encode
from evaluation.scores.polygons import polygon_iou
from tests.arena.voting.world import World
from tests.inputs.slides import slide
from tests.inputs.world import world_of
from tests.journeys.browser import axe_faults, drawn, look
from tests.journeys.test_marking import fill_in
from tests.journeys.test_slide_viewer import BOX, at_the_desk, drag, settled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTH, HEIGHT, MICRONS = 3000, 2000, 0.25
# Where on the slide each pane begins, and how many pixels of it one of the screen is.
PLACES = """() => [...document.querySelectorAll(".pane c-slide")].map((view) => {
  const { left, top } = view.canvas.getBoundingClientRect();
  const { x, y } = view.imagePoint(left, top);
  return [x, y, view.imagePoint(1, 0).x - view.imagePoint(0, 0).x];
})"""
OVER = """() => [...document.querySelectorAll(".pane c-slide")].map((view) =>
  view.canvas.toDataURL())"""
FILLED = """async ([script, rings, frame]) => {
  const { fillRings } = await import(script);
  const numbers = new Uint8Array(frame.columns * frame.rows);
  fillRings(rings, 1, frame, numbers);
  return [...numbers];
}"""


def disc(x: float, y: float, radius: float) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    found: NDArray[np.bool_] = (columns - x) ** 2 + (rows - y) ** 2 < radius**2
    return found


MASKS = {
    "tumour": (disc(1500, 1000, 500), disc(1800, 1100, 500)),
    "stroma": (disc(600, 600, 200), disc(2600, 1700, 100)),
}


def mask(side: int) -> dict[str, Any]:
    objects = [{"label": name, "counts": rle_encode(both[side])} for name, both in MASKS.items()]
    return {"width": WIDTH, "height": HEIGHT, "objects": objects}


def ring(x: float, y: float, radius: float) -> list[list[float]]:
    turns = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    return [[float(x + radius * np.cos(t)), float(y + radius * np.sin(t))] for t in turns]


OUTLINES = ([ring(1500, 1000, 500), ring(1500, 1000, 200)], [ring(1800, 1100, 500)])


def ballot(folder: Path, kind: str, *records: Any, microns: float | None = MICRONS) -> World:
    (folder / "slide.svs").write_bytes(slide(WIDTH, HEIGHT, microns=microns))
    return world_of("whole-slide", folder, output_kind=kind, records=records)


@pytest.fixture
def boxes(tmp_path: Path, page: Page, live_server: LiveServer) -> Page:
    records = ({"boxes": [BOX]}, {"boxes": [{**BOX, "x": 900.0}]})
    at_the_desk(page, ballot(tmp_path, "boxes", *records), live_server)
    return page


@pytest.fixture
def masks(tmp_path: Path, page: Page, live_server: LiveServer) -> Page:
    at_the_desk(page, ballot(tmp_path, "mask", mask(0), mask(1)), live_server)
    return page


def legend(page: Page) -> Locator:
    return page.locator(".viewer-legend")


def tissue(page: Page, side: str = "left") -> Locator:
    return page.locator(f".pane c-slide[data-side={side}] .openseadragon-canvas")


def over(page: Page) -> list[tuple[NDArray[np.uint8], tuple[NDArray[Any], NDArray[Any]]]]:
    """Of each pane: the pixels over the tissue, and which pixel of the slide lies under each."""
    drawn(page)
    found = []
    for url, (left, top, step) in zip(page.evaluate(OVER), page.evaluate(PLACES), strict=True):
        with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as image:
            shown = np.asarray(image.convert("RGBA"))
        height, width, _ = shown.shape
        columns = np.floor(left + (np.arange(width) + 0.5) * step).astype(int)
        rows = np.floor(top + (np.arange(height) + 0.5) * step).astype(int)
        found.append((shown, (rows, columns)))
    return found


def under(marked: NDArray[np.bool_], place: tuple[NDArray[Any], NDArray[Any]]) -> NDArray[np.bool_]:
    """Whether each pixel of the screen lies on a marked one of the slide."""
    rows, columns = place
    inside = ((rows >= 0) & (rows < HEIGHT))[:, None] & ((columns >= 0) & (columns < WIDTH))
    clipped = np.clip(rows, 0, HEIGHT - 1)[:, None], np.clip(columns, 0, WIDTH - 1)
    found: NDArray[np.bool_] = marked[clipped] & inside
    return found


def sides_of(page: Page) -> tuple[int, int]:
    """Which record lies left and which right: the lot decides."""
    place = f"[600 * {WIDTH} + 600]"
    marked = f"() => document.querySelector('.pane c-slide').areas.grid.numbers{place}"
    return (0, 1) if page.evaluate(marked) else (1, 0)


def near(image: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.all(abs(image[..., :3].astype(int) - colour) < 4, axis=2)
    return found & (image[..., 3] > 0)


def test_the_difference_of_masks_is_that_of_their_pixels(masks: Page) -> None:
    left, right = sides_of(masks)
    tissue(masks).press("+")
    settled(masks)
    masks.keyboard.press("d")
    unions = [np.any([both[side] for both in MASKS.values()], axis=0) for side in (left, right)]
    shown = over(masks)
    for image, place in shown:
        one, other = (under(union, place) for union in unions)
        both = under(np.any([a & b for a, b in MASKS.values()], axis=0), place)
        assert np.array_equal(near(image, (255, 255, 255)), both)
        for colour, only in (((0, 229, 255), one & ~other), ((255, 150, 0), other & ~one)):
            striped = near(image, colour)
            assert not striped[~only].any()
            assert striped.sum() == pytest.approx(0.75 * only.sum(), rel=0.05), "three of four"
    assert np.array_equal(shown[0][0], shown[1][0]), "the same in both panes"
    expect(legend(masks)).to_contain_text("only left: stripes rising; only right: stripes falling")


def test_outlines_are_filled_as_their_corners_say(
    page: Page, live_server: LiveServer, boxes: Page
) -> None:
    frame = {"columns": 300, "rows": 200, "left": 0, "top": 0, "step": 10}
    script = f"{live_server.url}/static/js/viewers/areas.js"
    filled = [page.evaluate(FILLED, [script, rings, frame]) for rings in OUTLINES]
    one, other = (np.array(numbers, dtype=bool) for numbers in filled)
    assert one.sum() == pytest.approx(np.pi * (50**2 - 20**2), rel=0.01), "the hole is none of it"
    found = (one & other).sum() / (one | other).sum()
    assert found == pytest.approx(polygon_iou(*OUTLINES, finest=1024), abs=0.01)


def test_the_difference_of_outlines_is_that_of_their_areas(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    records = [{"regions": [{"label": "tumour", "rings": rings}]} for rings in OUTLINES]
    at_the_desk(page, ballot(tmp_path, "polygons", *records), live_server)
    page.keyboard.press("d")
    (image, place), _ = over(page)
    both = disc(1500, 1000, 500) & ~disc(1500, 1000, 200) & disc(1800, 1100, 500)
    white = near(image, (255, 255, 255))
    assert (white != under(both, place)).mean() < 0.002, "but for the corners of the rings"
    expect(page.locator(".pane .shape__line").first).to_be_hidden()


def test_lengths_follow_from_the_size_of_a_pixel(boxes: Page) -> None:
    boxes.keyboard.press("l")
    wide = 0.2 * boxes.evaluate("() => document.querySelector('.pane c-slide').canvas.width")
    step = boxes.evaluate(PLACES)[0][2]
    micrometres = wide * step * MICRONS
    expect(legend(boxes)).to_contain_text(f"Line: {micrometres:.0f} µm")
    boxes.keyboard.press("Shift+ArrowRight")
    expect(legend(boxes)).to_contain_text(f"Line: {micrometres + 10 * step * MICRONS:.0f} µm")
    assert axe_faults(boxes) == []


def test_a_line_is_drawn_by_mouse_and_lies_on_both_panes(boxes: Page) -> None:
    before = settled(boxes)
    boxes.get_by_role("button", name="Measure").click()
    box = tissue(boxes, "right").bounding_box()
    assert box is not None
    drag(boxes, box["x"] + 200, box["y"] + 150)
    step = boxes.evaluate(PLACES)[0][2]
    length = np.hypot(60, 35) * step * MICRONS
    expect(legend(boxes)).to_contain_text(f"Line: {length:.0f} µm")
    assert settled(boxes) == before, "the slide did not move"
    images = [image for image, _ in over(boxes)]
    assert near(images[0], (255, 230, 0)).sum() > 50
    assert np.array_equal(images[0], images[1]), "the same line on both"
    boxes.keyboard.down("Shift")
    drag(boxes, box["x"] + 200, box["y"] + 150)
    boxes.keyboard.up("Shift")
    assert settled(boxes) != before, "with Shift it does"


def test_without_the_size_of_a_pixel_lengths_are_in_pixels_and_it_says_so(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    records = ({"boxes": [BOX]}, {"boxes": []})
    at_the_desk(page, ballot(tmp_path, "boxes", *records, microns=None), live_server)
    page.keyboard.press("l")
    words = "The slide does not say how large its pixels are, so lengths are in pixels"
    expect(legend(page)).to_contain_text(words)
    expect(legend(page)).to_contain_text(" pixels · ")
    expect(page.get_by_role("button", name="20×")).to_have_count(0)


def test_objectives_are_reached_by_button_and_key_and_all_of_it_by_home(boxes: Page) -> None:
    whole = settled(boxes)
    boxes.get_by_role("button", name="20×").click()
    expect(legend(boxes)).to_contain_text("20× · 50 % of full size")
    expect(boxes.get_by_role("button", name="20×")).to_have_attribute("aria-pressed", "true")
    expect(boxes.get_by_role("button", name="5×", exact=True)).to_have_count(0)
    left, right = settled(boxes)
    assert left == right != whole[0]
    boxes.locator("body").press("o")
    expect(legend(boxes)).to_contain_text("40× · 100 % of full size")
    tissue(boxes).press("o")
    expect(legend(boxes)).to_contain_text("10× · 25 % of full size")
    tissue(boxes).press("Home")
    assert settled(boxes)[0] == pytest.approx(whole[0], abs=1e-6)
    assert settled(boxes)[1] == pytest.approx(whole[1], abs=1e-6)


def test_the_overview_shows_where_one_is_and_leads_elsewhere(boxes: Page) -> None:
    overviews = boxes.locator(".pane .slide-view__overview")
    expect(overviews.first).to_be_hidden()
    boxes.get_by_role("button", name="40×").click()
    expect(overviews.first).to_be_visible()
    overviews.first.click(position={"x": 20, "y": 20})
    left, right = settled(boxes)
    assert left == right
    share = 20 / float(overviews.first.evaluate("node => node.firstChild.clientWidth"))
    assert left[0] + left[2] / 2 == pytest.approx(share, abs=0.02)


ZOOM = """(times) => {
  const [view] = document.querySelectorAll(".pane c-slide");
  view.dispatchEvent(new Event("pointerdown"));
  view.viewer.viewport.zoomTo(times * view.viewer.viewport.getHomeZoom(), null, true);
}"""
# Where pixels of the screen meet edges of the layer's: which of two they took differed by the clip.
EDGES = (1.2952563149674063, 1.241530694040573, 1.0670656621332621, 1.2792564247128684)


@pytest.mark.parametrize("zoom", [1.1, *EDGES])
def test_both_halves_of_a_swipe_meet_at_one_place_of_the_slide(masks: Page, zoom: float) -> None:
    masks.evaluate(ZOOM, zoom)
    settled(masks)
    alone = [image for image, _ in over(masks)]
    masks.keyboard.press("v")
    dividers = masks.get_by_role("slider", name="Divider between the left and the right output")
    expect(dividers).to_have_count(2)
    places = masks.evaluate("""() => [...document.querySelectorAll(".pane .divider")].map((d) => {
      const { left, width, top } = d.getBoundingClientRect();
      return d.parentElement.imagePoint(left + width / 2, top).x;
    })""")
    assert places[0] == pytest.approx(places[1], abs=0.01)
    swiped = [image for image, _ in over(masks)]
    middle = swiped[0].shape[1] // 2
    for image in swiped:
        assert np.array_equal(image[:, : middle - 2], alone[0][:, : middle - 2])
        assert np.array_equal(image[:, middle + 2 :], alone[1][:, middle + 2 :])


def test_blinking_shows_one_sides_marks_on_both(masks: Page) -> None:
    alone = [image for image, _ in over(masks)]
    words = 24  # rows at the top that say whose marks these are
    for side in range(2):
        masks.keyboard.press("b")
        shown = [image[words:] for image, _ in over(masks)]
        assert all(np.array_equal(image, alone[side][words:]) for image in shown)
    masks.keyboard.press("b")
    shown = [image for image, _ in over(masks)]
    assert all(np.array_equal(one, other) for one, other in zip(shown, alone, strict=True))


def test_boxes_blink_and_differ_as_on_an_image(boxes: Page) -> None:
    shapes = boxes.locator(".pane c-slide > .shapes")
    outline = shapes.locator(".shape__line")
    ways = {path.get_attribute("d") for path in outline.all()}
    assert len(ways) == 2
    boxes.keyboard.press("b")
    drawn(boxes)
    assert len({path.get_attribute("d") for path in outline.all()}) == 1
    boxes.keyboard.press("d")
    expect(legend(boxes)).to_contain_text("Blue: only on this side. White: on both.")
    colours = outline.evaluate_all("nodes => nodes.map((node) => getComputedStyle(node).stroke)")
    assert colours == ["rgb(0, 229, 255)"] * 2
    assert boxes.locator("[id$=-shape-1]").count() == 2, "no name is there twice"


def test_a_key_means_the_same_on_the_slide_and_beside_it(masks: Page) -> None:
    measure = masks.get_by_role("button", name="Measure")
    swipe = masks.get_by_role("button", name="Swipe")
    marks = masks.get_by_role("combobox", name="Marks")
    for at in (masks.locator("body"), tissue(masks)):
        at.press("l")
        expect(measure).to_have_attribute("aria-pressed", "true")
        at.press("v")
        expect(swipe).to_have_attribute("aria-pressed", "true")
        at.press("c")
        expect(marks).to_have_value("contour")
        at.press("r")
        expect(measure).to_have_attribute("aria-pressed", "false")
        expect(swipe).to_have_attribute("aria-pressed", "false")
        expect(marks).to_have_value("both")
        at.press("m")
        expect(masks.locator(".regions--drawing")).to_have_count(1)
        masks.keyboard.press("Escape")


def test_a_marked_region_is_told_in_micrometres_and_once_more_after_a_reload(boxes: Page) -> None:
    boxes.get_by_role("button", name="20×").click()
    settled(boxes)
    boxes.locator("[data-mark=left]").click()
    expect(boxes.locator("#desk-status")).to_contain_text("Draw a rectangle", timeout=30_000)
    boxes.keyboard.press("Enter")
    place = boxes.locator("#mark-place")
    expect(place).to_have_text(re.compile(r"^Region of \d+ × \d+ µm at \d+, \d+ µm$"))
    told = place.inner_text()
    step = boxes.evaluate(PLACES)[0][2]
    wide = 0.2 * tissue(boxes).evaluate("node => node.clientWidth") * step * MICRONS
    assert float(told.split()[2]) == pytest.approx(wide, abs=2)
    fill_in(boxes, "Something else")
    expect(boxes.locator("#marks-left .mark__place")).to_have_text(told)
    boxes.reload()
    expect(boxes.locator("#marks-left .mark__place")).to_have_text(told)


def test_a_compared_slide_is_legible_everywhere(masks: Page) -> None:
    masks.keyboard.press("v")
    masks.keyboard.press("l")
    look(masks, "input-whole-slide-mask-swipe")
