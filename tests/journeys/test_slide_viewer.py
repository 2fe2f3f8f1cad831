"""A pathologist reads a slide: panes move as one, marks lie at their pixels, nothing is tinted."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.arena.voting.world import World
from tests.inputs.slides import slide
from tests.inputs.world import world_of
from tests.journeys.browser import look, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BOX = {"x": 1875.0, "y": 500.0, "w": 375.0, "h": 500.0, "label": "nest"}
BOUNDS = """() => [...document.querySelectorAll(".pane c-slide")].map((view) => {
  const { x, y, width, height } = view.viewer.viewport.getBounds(true);
  return [x, y, width, height];
})"""
SETTLED = """() => [...document.querySelectorAll(".pane c-slide")].every((view) =>
  view.viewer.world.getItemAt(0).getFullyLoaded())"""


@pytest.fixture
def boxes(tmp_path: Path) -> World:
    (tmp_path / "slide.svs").write_bytes(slide())
    records = ({"boxes": [BOX]}, {"boxes": [{**BOX, "x": 900.0}]})
    return world_of("whole-slide", tmp_path, output_kind="boxes", records=records)


def at_the_desk(page: Page, here: World, live_server: LiveServer) -> None:
    page.emulate_media(reduced_motion="reduce")
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    expect(page.locator(".pane c-slide[data-looks]")).to_have_count(2)


def bounds(page: Page) -> list[list[float]]:
    page.wait_for_timeout(400)
    return list(page.evaluate(BOUNDS))


def test_both_panes_move_as_one_and_end_where_a_lone_one_would(
    page: Page, live_server: LiveServer, boxes: World
) -> None:
    at_the_desk(page, boxes, live_server)
    seen = [bounds(page)[0]]
    canvas = page.locator(".pane c-slide[data-side=right] .openseadragon-canvas")
    canvas.focus()
    for key in ("+", "+", "ArrowLeft", "ArrowUp"):
        canvas.press(key)
        left, right = bounds(page)
        assert left == pytest.approx(right, abs=1e-6), key
        assert left != pytest.approx(seen[-1], abs=1e-6), key
        seen.append(left)
    page.get_by_role("button", name="Show all").click()
    left, right = bounds(page)
    assert left == pytest.approx(right, abs=1e-6) and left == pytest.approx(seen[0], abs=1e-3)
    alone = """() => {
      const view = document.querySelector(".pane c-slide[data-side=left]");
      view.dispatchEvent(new FocusEvent("focusin"));
      view.viewer.viewport.zoomBy(3).applyConstraints();
      return view.viewer.viewport.getZoom(false);
    }"""
    wanted = page.evaluate(alone)
    page.wait_for_timeout(400)
    zooms = """() => [...document.querySelectorAll(".pane c-slide")].map((view) =>
      view.viewer.viewport.getZoom(true))"""
    assert page.evaluate(zooms) == pytest.approx([wanted, wanted])


def test_a_box_lies_on_its_pixels_at_every_zoom(
    page: Page, live_server: LiveServer, boxes: World
) -> None:
    at_the_desk(page, boxes, live_server)
    place = """() => {
      const view = [...document.querySelectorAll(".pane c-slide")].find((v) =>
        v.querySelector(".shape__line").getAttribute("d").startsWith("M1875"));
      const { x, y } = view.querySelector(".shape__line").getBoundingClientRect();
      const at = view.screenPoint(1875, 500);
      const back = view.imagePoint(at.x, at.y);
      return [x - at.x, y - at.y, back.x, back.y];
    }"""
    for key in ("", "+", "ArrowRight"):
        if key:
            page.locator(".pane c-slide[data-side=left] .openseadragon-canvas").press(key)
        page.wait_for_timeout(400)
        dx, dy, x, y = page.evaluate(place)
        assert abs(dx) < 2 and abs(dy) < 2
        assert (x, y) == (pytest.approx(1875, abs=0.01), pytest.approx(500, abs=0.01))


def test_keys_of_the_vote_are_not_taken_by_the_slide(
    page: Page, live_server: LiveServer, boxes: World
) -> None:
    at_the_desk(page, boxes, live_server)
    before = bounds(page)
    page.locator(".pane c-slide[data-side=left] .openseadragon-canvas").press("0")
    assert bounds(page) == before
    expect(page.locator(".tile :checked")).to_have_count(1)


def test_a_weight_of_nothing_leaves_the_slide_as_it_is(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    (tmp_path / "slide.svs").write_bytes(slide())
    half, none = {"values": [[0.0, 1.0]]}, {"values": [[0.0, 0.5]]}
    here = world_of("whole-slide", tmp_path, output_kind="heat-map", records=(half, none))
    at_the_desk(page, here, live_server)
    page.wait_for_timeout(600)
    assert page.evaluate(SETTLED)
    sample = """() => [...document.querySelectorAll(".pane c-slide")].map((view) => {
      const canvas = view.querySelector("canvas");
      const at = view.screenPoint(600, 1500);
      const box = canvas.getBoundingClientRect();
      const scale = canvas.width / box.width;
      const [x, y] = [(at.x - box.left) * scale, (at.y - box.top) * scale];
      return [...canvas.getContext("2d").getImageData(x, y, 1, 1).data];
    })"""
    for red, green, blue, _ in page.evaluate(sample):
        assert (red, green, blue) == pytest.approx((214, 150, 190), abs=6), "pink, not yellow"


def test_the_ballot_of_a_slide_is_legible_everywhere(
    page: Page, live_server: LiveServer, boxes: World
) -> None:
    at_the_desk(page, boxes, live_server)
    look(page, "input-whole-slide-boxes")
