"""Marks over an image: where they belong on the screen, the same on both sides, pixels unharmed."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.arena.voting.world import NAMES, SIDE, generation, system, world
from tests.journeys.browser import drawn, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BOX = {"x": 8.0, "y": 4.0, "w": 8.0, "h": 16.0, "label": "nodule"}
PLACE = """(side) => {
  const pane = document.querySelector(`.pane c-image[data-side=${side}]`);
  const canvas = pane.querySelector("canvas").getBoundingClientRect();
  const { x, y, width, height } = pane.querySelector(".shape__line").getBoundingClientRect();
  return [canvas.width, canvas.height, x - canvas.x, y - canvas.y, width, height];
}"""
KEEP = """() => {
  window.kept = [...document.querySelectorAll(".pane c-image canvas")].map((canvas) =>
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height));
}"""
SHOWS = "(n) => document.querySelectorAll('.pane c-image canvas')[n].toDataURL()"
# How many pixels of the left and right half of each canvas are not what was kept.
CHANGED = """() => [...document.querySelectorAll(".pane c-image canvas")].flatMap((canvas, n) => {
  const { width, height } = canvas;
  const now = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  const counts = [0, 0];
  for (let i = 0; i < now.length; i += 4) {
    const same = [0, 1, 2].every((c) => now[i + c] === window.kept[n].data[i + c]);
    if (!same) counts[(i / 4) % width < width / 2 ? 0 : 1] += 1;
  }
  return counts;
})"""


def desk(page: Page, live_server: LiveServer, kind: str, *records: Any) -> None:
    here = world(kind, n_cases=1, n_systems=0)
    for name, record in zip(NAMES, records, strict=False):
        generation(system(here.study, here.study.created_by, name), here.cases[0], record)
    sign_in(page, here.rater, live_server.url)
    page.goto(f"/studies/{here.study.slug}/vote/")
    expect(page.locator(".pane c-image[data-ready]")).to_have_count(2)


def expected(width: float, height: float, zoom: float, x: float, y: float) -> list[float]:
    """Where the box lies on a canvas that shows the image around (x, y) of it."""
    scale = min(width, height) / SIDE * zoom
    left = width / 2 + (BOX["x"] - x * SIDE) * scale
    return [left, height / 2 + (BOX["y"] - y * SIDE) * scale, BOX["w"] * scale, BOX["h"] * scale]


def test_a_box_lies_where_its_pixels_are_at_every_zoom(page: Page, live_server: LiveServer) -> None:
    desk(page, live_server, "boxes", {"boxes": [BOX]}, {"boxes": [{**BOX, "label": "mass"}]})
    width, height, *place = page.evaluate(PLACE, "left")
    assert place == pytest.approx(expected(width, height, 1, 0.5, 0.5), abs=1)
    page.locator(".pane c-image[data-side=right] canvas").focus()
    for key in ("+", "+", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    drawn(page)
    zoom = 1.25**2
    place = page.evaluate(PLACE, "left")
    moved = 0.5 - 0.08 / zoom
    assert place[2:] == pytest.approx(expected(width, height, zoom, moved, moved), abs=1)
    assert place == pytest.approx(page.evaluate(PLACE, "right"), abs=0.1), "on both sides alike"


def test_without_marks_both_sides_are_the_same_image(page: Page, live_server: LiveServer) -> None:
    desk(page, live_server, "boxes", {"boxes": [BOX]}, {"boxes": []})
    shapes = page.locator(".pane c-image svg.shapes").first  # on either side, by lot
    expect(shapes).to_be_visible()
    page.get_by_role("button", name="Nothing", exact=True).click()
    expect(shapes).to_be_hidden()
    drawn(page)
    left, right = (page.evaluate(SHOWS, n) for n in range(2))
    assert left == right


def test_a_weight_of_nothing_leaves_the_image_as_it_is(page: Page, live_server: LiveServer) -> None:
    """Also under full opacity, and on the side whose weights are small beside the other's."""
    half = {"values": [[0.0, 0.4], [0.0, 0.8]]}
    desk(page, live_server, "heat-map", half, {"values": [[0.0, 3.0], [0.0, 3.0]]})
    page.get_by_label("Opacity").fill("100")
    page.get_by_role("button", name="Nothing", exact=True).click()
    drawn(page)
    page.evaluate(KEEP)
    page.get_by_role("button", name="Fill", exact=True).click()
    drawn(page)
    changed = page.evaluate(CHANGED)
    assert (changed[0], changed[2]) == (0, 0)
    assert min(changed[1], changed[3]) > 1000, "where there is weight, it is seen"


def test_colours_and_legend_mean_the_same_on_both_sides(
    page: Page, live_server: LiveServer
) -> None:
    """The weight 0.5 has one colour, whatever the greatest weight of its own side."""
    desk(page, live_server, "heat-map", {"values": [[0.5]]}, {"values": [[0.5, 1.0]]})
    expect(page.locator(".colour-scale__ends")).to_have_count(2)
    texts = page.locator(".colour-scale__ends").all_inner_texts()
    assert texts[0] == texts[1]
    page.get_by_role("button", name="Fill", exact=True).click()
    colour = """(side) => {
      const canvas = document.querySelector(`.pane c-image[data-side=${side}] canvas`);
      const x = canvas.width / 2 - canvas.height / 4;
      return [...canvas.getContext("2d").getImageData(x, canvas.height / 2, 1, 1).data];
    }"""
    drawn(page)
    assert page.evaluate(colour, "left") == page.evaluate(colour, "right")


def test_a_number_in_a_text_shows_its_place(page: Page, live_server: LiveServer) -> None:
    text = {
        "text": "A nodule.",
        "regions": [{"id": "n", "x": 8, "y": 4, "w": 8, "h": 16}],
        "links": [{"start": 2, "end": 8, "region": "n"}],
    }
    desk(page, live_server, "grounded-text", text, text)
    expect(page.locator("c-grounded[data-ready]")).to_have_count(2)
    shape = page.locator("#left-shape-1")
    number = page.locator("#pane-left").get_by_role("link", name="place 1 in the image")
    expect(shape).not_to_have_class(re.compile("pointed"))
    number.focus()
    expect(shape).to_have_class(re.compile("pointed"))
    page.locator("#pane-right .grounded__number").hover()
    expect(page.locator("#right-shape-1")).to_have_class(re.compile("pointed"))
