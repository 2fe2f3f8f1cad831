"""A label inside another keeps an outline in its own colour, whatever the order of their names."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from evaluation.kinds.mask import record_of_volume
from evaluation.kinds.rle import rle_encode
from tests.arena.voting.world import generation, system, world
from tests.inputs.volumes import SHAPE, nifti
from tests.inputs.world import world_of
from tests.journeys.browser import drawn, pixels_of
from tests.journeys.test_voting import at_the_desk
from tests.kinds_examples import SIDE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CYAN, LIME = (0, 229, 255), (198, 255, 0)
"""The colours of the first and the second label by name."""
NAMES = [("edema", "tumour"), ("tumour", "edema")]
"""Which is inside, and which is around it: either may come first by name."""


def colours_of(inner: str, outer: str) -> tuple[Any, Any]:
    return (CYAN, LIME) if inner < outer else (LIME, CYAN)


def rim(page: Page, viewer: str, between: tuple[float, float]) -> set[tuple[int, ...]]:
    """The colours a little above the middle of the left canvas, between two shares of the width."""
    script = """([viewer, from, to]) => {
      const view = document.querySelector(`${viewer}[data-side=left]`);
      const box = view.canvas.getBoundingClientRect();
      const { columns, rows } = view.extent;
      const scale = view.canvas.width / box.width;
      const at = (share) => view.screenPoint(share * columns, rows / 2).x - box.left;
      return [scale * at(from), scale * at(to)];
    }"""
    drawn(page)
    first, last = page.evaluate(script, [viewer, *between])
    shown = page.locator(f"{viewer}[data-side=left] canvas").evaluate("c => c.toDataURL()")
    pixels = pixels_of(shown)
    row = pixels[pixels.shape[0] // 2 - 9, int(first) : int(last)]
    return {tuple(int(value) for value in pixel) for pixel in row}


def near(colour: tuple[int, ...], found: set[tuple[int, ...]]) -> bool:
    """A line between two pixels is a little darker than its colour."""
    return any(max(abs(a - b) for a, b in zip(colour, one, strict=True)) < 40 for one in found)


@pytest.mark.parametrize(("inner", "outer"), NAMES)
def test_in_a_volume(
    page: Page, live_server: LiveServer, tmp_path: Path, inner: str, outer: str
) -> None:
    values = np.zeros(SHAPE[::-1], dtype=np.uint8)
    values[2:10, 2:14, 2:18] = 1
    values[4:8, 5:11, 7:13] = 2
    record = record_of_volume(values, {1: outer, 2: inner})
    (tmp_path / "scan.nii.gz").write_bytes(nifti())
    here = world_of("volume", tmp_path, output_kind="mask", records=(record, record))
    at_the_desk(page, here, live_server)
    expect(page.locator(".pane [data-ready]")).to_have_count(2)
    page.get_by_role("combobox", name="Marks").select_option("contour")
    own, around = colours_of(inner, outer)
    # The inner one ends at 13 of 20 columns from the left of the patient, the outer one at 18.
    found = rim(page, "c-volume", (0.55, 0.75))
    assert near(own, found) and not near(around, found)
    found = rim(page, "c-volume", (0.8, 0.95))
    assert near(around, found) and not near(own, found)


@pytest.mark.parametrize(("inner", "outer"), NAMES)
def test_in_an_image(page: Page, live_server: LiveServer, inner: str, outer: str) -> None:
    inside = np.zeros((SIDE, SIDE), dtype=bool)
    inside[SIDE // 4 : 3 * SIDE // 4, SIDE // 4 : 3 * SIDE // 4] = True
    masks = {inner: inside, outer: ~inside}
    objects = [{"label": name, "counts": rle_encode(mask)} for name, mask in masks.items()]
    record = {"width": SIDE, "height": SIDE, "objects": objects}
    here = world("mask", n_cases=1, n_systems=0)
    for name in ("Quetzal", "Wombat"):
        generation(system(here.study, here.study.created_by, name), here.cases[0], record)
    at_the_desk(page, here, live_server)
    expect(page.locator(".pane [data-ready]")).to_have_count(2)
    page.get_by_role("button", name="Contour", exact=True).click()
    own, _ = colours_of(inner, outer)
    pixel = 1 / SIDE
    assert own in rim(page, "c-image", (0.75 - pixel, 0.75)), "its own rim lies inside of it"
