"""A pathologist reads a slide: panes move as one, marks lie at their pixels, nothing is tinted."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.arena.voting.world import World
from tests.inputs.slides import slide
from tests.inputs.world import world_of
from tests.journeys.browser import look, pixels_of, sign_in

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
    expect(page.locator(".pane c-slide[data-looks]")).to_have_count(2, timeout=60_000)


# Frames are counted, not seconds: a busy machine draws few of them.
REST = f"""() => new Promise((done) => {{
  const bounds = {BOUNDS};
  let before = "";
  let same = 0;
  const look = () => {{
    const now = JSON.stringify(bounds());
    same = now === before ? same + 1 : 0;
    before = now;
    if (same < 40) requestAnimationFrame(look);
    else done(bounds());
  }};
  look();
}})"""


def settled(page: Page) -> list[list[float]]:
    """What the views show once they have come to rest."""
    page.wait_for_timeout(100)
    return list(page.evaluate(REST))


def test_both_panes_move_as_one(page: Page, live_server: LiveServer, boxes: World) -> None:
    at_the_desk(page, boxes, live_server)
    seen = [settled(page)[0]]
    canvas = page.locator(".pane c-slide[data-side=right] .openseadragon-canvas")
    canvas.focus()
    for key in ("+", "+", "ArrowLeft", "ArrowUp"):
        canvas.press(key)
        left, right = settled(page)
        assert left == pytest.approx(right, abs=1e-6), key
        assert left != pytest.approx(seen[-1], abs=1e-6), key
        seen.append(left)
    page.get_by_role("button", name="Show all").click()
    left, right = settled(page)
    assert left == pytest.approx(right, abs=1e-6) and left == pytest.approx(seen[0], abs=1e-3)


def wheel(page: Page, x: float, y: float) -> None:
    page.mouse.move(x + 40, y + 30)
    page.mouse.wheel(0, -120)


def drag(page: Page, x: float, y: float) -> None:
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y - 35, steps=6)
    page.mouse.up()


# A key that is down for no time moves by one step; how long Playwright holds one depends on load.
PRESS = """(code) => {
  for (const type of ["keydown", "keyup"]) {
    document.activeElement.dispatchEvent(new KeyboardEvent(
      type, { code, key: code === "Equal" ? "+" : code, bubbles: true, cancelable: true }));
  }
}"""
MOVES: dict[str, Callable[[Page, float, float], None]] = {
    "a wheel": wheel,
    "another wheel": wheel,
    "a drag": drag,
    "an arrow key": lambda page, *_: page.evaluate(PRESS, "ArrowLeft"),
    "a plus": lambda page, *_: page.evaluate(PRESS, "Equal"),
    "a zoom by script": lambda page, *_: page.evaluate(
        "() => document.querySelector('.pane c-slide').viewer.viewport.zoomBy(1.5)"
    ),
}


def ends(page: Page) -> list[list[list[float]]]:
    """Where the views rest after each move made in the left one, from the whole slide on."""
    page.get_by_role("button", name="Show all").click()
    canvas = page.locator(".pane c-slide[data-side=left] .openseadragon-canvas")
    found = [settled(page)]
    box = canvas.bounding_box()
    assert box is not None
    for move in MOVES.values():
        canvas.focus()
        move(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        found.append(settled(page))
    return found


def test_both_panes_end_where_a_lone_one_would(
    page: Page, live_server: LiveServer, boxes: World
) -> None:
    """With the motion that readers see: an echo of the follower would cut it short."""
    at_the_desk(page, boxes, live_server)
    page.emulate_media(reduced_motion="no-preference")
    page.reload()
    expect(page.locator(".pane c-slide[data-looks]")).to_have_count(2)
    pair = ends(page)
    page.evaluate("() => document.querySelector('.pane c-slide[data-side=right]').remove()")
    alone = ends(page)
    assert len(alone[0]) == 1
    for name, before, two, (one,) in zip(MOVES, pair[:-1], pair[1:], alone[1:], strict=True):
        assert two[0] != pytest.approx(before[0], abs=1e-4), f"{name} moved nothing"
        assert two[0] == pytest.approx(two[1], abs=1e-6), f"after {name} the panes differ"
        assert two[0] == pytest.approx(one, abs=1e-4), f"{name} ended elsewhere than alone"


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
        settled(page)
        dx, dy, x, y = page.evaluate(place)
        assert abs(dx) < 2 and abs(dy) < 2
        assert (x, y) == (pytest.approx(1875, abs=0.01), pytest.approx(500, abs=0.01))


def test_the_magnification_is_told_as_on_a_microscope(
    page: Page, live_server: LiveServer, boxes: World
) -> None:
    at_the_desk(page, boxes, live_server)
    page.evaluate("""() => {
      const view = document.querySelector(".pane c-slide");
      view.dispatchEvent(new Event("pointerdown"));
      view.viewer.viewport.zoomTo(view.viewer.viewport.imageToViewportZoom(1), null, true);
    }""")
    # Ten micrometres are as long as ten hundredths of a millimetre's pixels: MICRONS a pixel.
    microns = 1000 * float(page.locator("c-slide").first.get_attribute("data-mm-per-pixel") or 0)
    expect(page.locator(".viewer-legend")).to_have_text(f"{10 / microns:.2g}× · 100 % of full size")


def test_keys_of_the_vote_are_not_taken_by_the_slide(
    page: Page, live_server: LiveServer, boxes: World
) -> None:
    at_the_desk(page, boxes, live_server)
    before = settled(page)
    page.locator(".pane c-slide[data-side=left] .openseadragon-canvas").press("0")
    assert settled(page) == before
    expect(page.locator(".tile :checked")).to_have_count(1)


def test_a_weight_of_nothing_leaves_the_slide_as_it_is(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    (tmp_path / "slide.svs").write_bytes(slide())
    half, none = {"values": [[0.0, 1.0]]}, {"values": [[0.0, 0.5]]}
    here = world_of("whole-slide", tmp_path, output_kind="heat-map", records=(half, none))
    at_the_desk(page, here, live_server)
    page.get_by_role("combobox", name="Marks").select_option("Fill")
    plain = under(page, 0)
    for covered in (under(page, 40), under(page, 100)):
        for bare, tinted in zip(plain, covered, strict=True):
            differs: NDArray[np.bool_] = np.any(bare != tinted, axis=2)
            tissue: NDArray[np.bool_] = np.all(abs(bare.astype(int) - PINK) < 8, axis=2)
            middle = differs.shape[1] // 2
            without, weighted = slice(0, middle - 2), slice(middle + 2, None)
            assert tissue[:, without].sum() > 5000, "the slide is drawn"
            assert not differs[:, without].any(), "no pixel without weight is tinted"
            assert differs[:, weighted][tissue[:, weighted]].all(), "each with weight is"


PINK = (214, 150, 190)


# The tissue with what lies over it.
SHOWN = """() => [...document.querySelectorAll(".pane c-slide")].map((view) => {
  const canvas = Object.assign(document.createElement("canvas"), {
    width: view.clientWidth, height: view.clientHeight });
  const pen = canvas.getContext("2d");
  for (const part of view.querySelectorAll("canvas")) {
    pen.drawImage(part, 0, 0, canvas.width, canvas.height);
  }
  return canvas.toDataURL();
})"""


def under(page: Page, opacity: int) -> list[NDArray[np.uint8]]:
    """The pixels of both panes, once all tiles are drawn under a heat map of this opacity."""
    page.get_by_label("Opacity").fill(str(opacity))
    settled(page)
    assert page.evaluate(SETTLED)
    return [pixels_of(url) for url in page.evaluate(SHOWN)]


def test_the_ballot_of_a_slide_is_legible_everywhere(
    page: Page, live_server: LiveServer, boxes: World
) -> None:
    at_the_desk(page, boxes, live_server)
    look(page, "input-whole-slide-boxes")
