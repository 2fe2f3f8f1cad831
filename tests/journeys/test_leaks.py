"""Fifty ballots later the page holds no more than after the fifth: viewers, canvases, listeners."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from pytest_django.live_server_helper import LiveServer

from tests.arena.voting.world import World, world
from tests.inputs.slides import slide
from tests.inputs.test_volume_masks import lesions
from tests.inputs.volumes import nifti
from tests.inputs.world import world_of
from tests.journeys.browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WATCH = Path(__file__).with_name("leaks.js").read_text()
SWAP = "n => swapped(n)"
HELD = "() => held()"
SEEN = {"listeners", "elements", "canvases", "webgl", "slides", "sockets", "observers"}
BOX = {"x": 1875.0, "y": 500.0, "w": 375.0, "h": 500.0, "label": "nest"}


def texts(folder: Path) -> World:
    return world()


def images(folder: Path) -> World:
    return world("mask")


def slides(folder: Path) -> World:
    (folder / "slide.svs").write_bytes(slide())
    records = ({"boxes": [BOX]}, {"boxes": [{**BOX, "x": 900.0}]})
    return world_of("whole-slide", folder, output_kind="boxes", records=records)


def volumes(folder: Path) -> World:
    (folder / "scan.nii.gz").write_bytes(nifti())
    records = (lesions(), lesions(1))
    return world_of("volume", folder, output_kind="mask", records=records)


BALLOTS = {texts: "", images: "c-image", slides: "c-slide", volumes: "c-volume"}


def opened(page: Page, here: World, live_server: LiveServer, viewer: str) -> None:
    page.add_init_script(WATCH)
    page.route_web_socket("**/ws/**", lambda route: answer(route))
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    if viewer:
        expect(page.locator(f".pane {viewer}[data-ready]")).to_have_count(2)


def answer(route: WebSocketRoute) -> None:
    """A server that takes every connection and says nothing."""


def held(page: Page) -> dict[str, Any]:
    """What the page holds once all that can be given up is given up."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.detach()
    return dict(page.evaluate(HELD))


def settled(page: Page) -> dict[str, Any]:
    """After frames and downloads that were under way when their viewer went."""
    before, now = None, held(page)
    for _ in range(20):
        if now == before:
            break
        page.wait_for_timeout(500)
        before, now = now, held(page)
    return now


@pytest.mark.slow
@pytest.mark.parametrize("ballots", BALLOTS, ids=lambda ballots: ballots.__name__)
def test_swapping_fifty_ballots_leaves_nothing_behind(
    page: Page, live_server: LiveServer, tmp_path: Path, ballots: Any
) -> None:
    opened(page, ballots(tmp_path), live_server, BALLOTS[ballots])
    page.evaluate(SWAP, 5)
    early = settled(page)
    page.evaluate(SWAP, 45)
    late = settled(page)
    assert set(late) == SEEN
    assert late == early
    assert (late["webgl"], late["sockets"], late["elements"]["live-news"]) == (0, 1, 1)
    assert late["elements"].get(BALLOTS[ballots], 2) in {2, 3}, "both panes, and maybe the case"


@pytest.mark.parametrize("what", sorted(SEEN - {"slides"}))
def test_what_a_ballot_would_leave_behind_is_seen(
    page: Page, live_server: LiveServer, what: str
) -> None:
    opened(page, world("mask"), live_server, "c-image")
    before = held(page)
    page.evaluate("what => leak(what)", what)
    assert held(page)[what] != before[what]
