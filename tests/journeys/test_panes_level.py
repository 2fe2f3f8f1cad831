"""The two outputs lie level and fit into their panes, whatever is opened beside one of them."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.arena.voting.world import NAMES, World, generation, system, world
from tests.inputs.test_volume_masks import lesions
from tests.inputs.volumes import nifti
from tests.inputs.world import world_of
from tests.journeys.browser import drawn
from tests.journeys.test_marking import fill_in
from tests.journeys.test_voting import at_the_desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "Consolidation of the right lower lobe with effusion"
BOXES = {"boxes": [{"x": 4.0, "y": 4.0, "w": 24.0, "h": 16.0, "label": LONG, "score": 0.5}]}
POINTS = {"points": [{"x": 4.5, "y": 8.5, "label": LONG, "t": 1.0}]}


def frames(page: Page) -> list[tuple[float, float]]:
    """Top and height of the two canvases."""
    drawn(page)
    boxes = [box.bounding_box() for box in page.locator(".pane canvas").all()]
    return [(box["y"], box["height"]) for box in boxes if box]


@pytest.fixture(params=["mask", "volume"])
def images(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    if request.param == "mask":
        return world("mask")
    (tmp_path / "scan.nii.gz").write_bytes(nifti())
    return world_of("volume", tmp_path, output_kind="mask", records=(lesions(), lesions(1)))


@pytest.mark.parametrize("width", [1440, 820])
def test_images_stay_level_when_one_is_flagged_or_marked(
    page: Page, live_server: LiveServer, images: World, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    at_the_desk(page, images, live_server)
    expect(page.locator(".pane [data-ready]")).to_have_count(2)
    for key in ("f", "g", "f"):
        page.keyboard.press(key)
        left, right = frames(page)
        assert left == right, key
    page.locator("[data-mark=right]").click()
    expect(page.locator("#desk-status")).to_contain_text("Draw a rectangle")
    page.keyboard.press("Enter")
    fill_in(page, "Wrong place or side")
    left, right = frames(page)
    assert left == right, "an error is listed below one of them"


@pytest.mark.parametrize(("kind", "record"), [("boxes", BOXES), ("points", POINTS), ("mask", None)])
def test_no_pane_scrolls_sideways_for_its_table(
    page: Page, live_server: LiveServer, kind: str, record: dict[str, object] | None
) -> None:
    here = world(kind, n_cases=1, n_systems=0 if record else 2)
    for name in NAMES[:2] if record else ():
        generation(system(here.study, here.study.created_by, name), here.cases[0], record)
    at_the_desk(page, here, live_server)
    expect(page.locator(".pane [data-ready]")).to_have_count(2)
    for width in (1440, 820, 390):
        page.set_viewport_size({"width": width, "height": 900})
        wider = "panes => panes.map(pane => pane.scrollWidth - pane.clientWidth)"
        assert page.locator(".pane__body").evaluate_all(wider) == [0, 0], width
        assert page.locator(".pane .output-table").evaluate_all(wider) == [0, 0], width


def test_what_is_told_of_images_leaves_no_strip_and_moves_nothing(
    page: Page, live_server: LiveServer
) -> None:
    at_the_desk(page, world("mask"), live_server)
    expect(page.locator(".pane [data-ready]")).to_have_count(2)
    edge = "all => Math.max(...all.map(e => e.getBoundingClientRect().bottom))"
    tools = page.locator(".viewer-tools .button").evaluate_all(edge)
    top = page.locator(".pane").first.evaluate("e => e.getBoundingClientRect().top")
    assert top - tools <= 24
    before = frames(page)
    page.keyboard.press("d")
    expect(page.locator(".viewer-legend")).not_to_be_empty()
    assert frames(page) == before
