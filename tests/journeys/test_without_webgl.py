"""Hospital desktops often have no WebGL at all: every viewer draws without it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.arena.voting.world import World, world
from tests.inputs.slides import slide
from tests.inputs.test_every_kind import brought
from tests.inputs.test_volume_masks import lesions
from tests.inputs.volumes import nifti
from tests.inputs.world import world_of, written
from tests.journeys.browser import drawn, pixels_of, sign_in
from tests.journeys.conftest import Guard

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FLAGS = ["--no-sandbox", "--no-first-run", "--disable-gpu", "--disable-3d-apis"]
NONE = "() => ['webgl', 'webgl2'].every((n) => !document.createElement('canvas').getContext(n))"
BOXES = tuple({"boxes": [{"x": x, "y": 500, "w": 375, "h": 500, "label": "nest"}]} for x in (9, 99))


@pytest.fixture
def page(chromium: Browser, live_server: LiveServer, guard: Guard) -> Iterator[Page]:
    """A page of a browser of its own, which has neither a graphics card nor one in software."""
    path = shutil.which("chromium")
    browser = chromium.browser_type.launch(executable_path=path, args=FLAGS)
    context = browser.new_context(base_url=live_server.url, locale="en-GB")
    guard.watch(context)
    yield context.new_page()
    browser.close()
    assert not guard.faults, "\n".join(guard.faults)


def volume(folder: Path) -> World:
    files = written(folder / "in", {"scan.nii.gz": nifti()})
    return world_of("volume", files, output_kind="mask", records=(lesions(), lesions(1)))


def whole_slide(folder: Path) -> World:
    files = written(folder / "in", {"slide.svs": slide()})
    return world_of("whole-slide", files, output_kind="boxes", records=BOXES)


VIEWERS: dict[str, tuple[str, Callable[[Path], World]]] = {
    "mask": (".pane c-image[data-ready]", lambda _: world("mask", n_cases=1)),
    "volume": (".pane c-volume[data-ready]", volume),
    "whole-slide": (".pane c-slide[data-looks]", whole_slide),
    "video": (".pane c-media[data-ready]", lambda _: world("video-generated", n_cases=1)),
    "ecg": ("c-signal[data-ready]", lambda folder: world_of("ecg", brought("ecg", folder))),
}


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_viewer_draws_without_webgl(
    page: Page, live_server: LiveServer, tmp_path: Path, viewer: str
) -> None:
    place, made = VIEWERS[viewer]
    here = made(tmp_path)
    sign_in(page, here.rater, live_server.url)
    page.goto(f"/studies/{here.study.slug}/vote/")
    assert page.evaluate(NONE), "here is no WebGL"
    expect(page.locator(place)).to_have_count(1 if viewer == "ecg" else 2)
    expect(page.locator(".viewer-tools")).to_be_visible()
    page.wait_for_load_state("networkidle")
    drawn(page)
    canvases = f"'{place} canvas:not(.slide-view__marks)'"
    script = f"() => [...document.querySelectorAll({canvases})].map((c) => c.toDataURL())"
    for url in page.evaluate(script):
        assert len(set(map(tuple, pixels_of(url).reshape(-1, 3)))) > 2, "something is drawn"
