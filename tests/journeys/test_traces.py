"""An agent's trace with what it looked at: answered by a worker, outlined and told on a ballot."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

pytest.importorskip("torch", reason="no torch: pip install '.[models]'")

from tests.arena.voting.world import rater
from tests.inputs.slides import slide
from tests.inputs.world import world_of
from tests.journeys.adapters import Bench, Record, Row
from tests.journeys.browser import look, sign_in
from tests.journeys.test_every_adapter import answered, bench, worker
from tests.journeys.test_slide_viewer import at_the_desk, settled

__all__ = ["bench", "worker"]
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PLACE = {"x": 4, "y": 6, "w": 10, "h": 12, "magnification": 20}
TRACE: Record = {
    "steps": [
        {"type": "view", "name": "overview", "input": "the whole image"},
        {"type": "view", "name": "microscope", "input": PLACE},
        {"type": "view", "input": {**PLACE, "image": "atlas, plate 3", "x": 900}},
        {"type": "message", "output": "Benign."},
    ]
}
RIVAL: Record = {
    "steps": [
        {"type": "view", "input": {"x": 18, "y": 18, "width": 12, "height": 12}},
        {"type": "message", "output": "Malignant."},
    ]
}


def _service(told: Record, bench: Bench) -> dict[str, Any]:
    bench.server.say = lambda _: told
    asked = {"request": {"prompt": "{prompt}"}, "record": {"steps": "$.steps"}}
    return {"config": {"base_url": f"http://{bench.server.place}/predict", **asked}}


def _function(told: Record, bench: Bench) -> dict[str, Any]:
    prompt = json.dumps({"record": told, "files": {}})
    return {"config": {"callable": "tests.workers.echo:answer"}, "prompt": prompt}


ANSWERERS = {"http-json": _service, "python-callable": _function}


def row(name: str, told: Record = TRACE) -> Row:
    return Row("agent-trajectory", "image-2d", partial(ANSWERERS[name], told), RIVAL)


@pytest.mark.parametrize("name", ANSWERERS)
def test_the_views_of_a_trace_are_told_and_linked_without_scripts(
    name: str, bench: Bench, tmp_path: Path
) -> None:
    study, rows = answered(name, row(name), bench, tmp_path)
    assert [(each.status, each.error) for each in rows] == [("succeeded", "")] * 2
    client = Client()
    person = rater(study, "rater@example.org")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/studies/{study.slug}/vote/", follow=True).content.decode()
    for side in ("left", "right"):
        assert f'href="#{side}-shape-1"' in page
        assert f'id="{side}-shape-1"' in page
    assert "Place (x, y): 4, 6" in page
    assert "Magnification: 20×" in page
    assert "Image: atlas, plate 3" in page
    assert name not in page


@pytest.mark.parametrize("name", ANSWERERS)
def test_a_view_beside_the_image_is_a_failure_that_says_where(
    name: str, bench: Bench, tmp_path: Path
) -> None:
    told = {"steps": [{"type": "view", "input": {**PLACE, "w": 400}}]}
    _, rows = answered(name, row(name, told), bench, tmp_path)
    assert [each.failure for each in rows if each.failure] == ["invalid_output"]
    assert "steps[0].input.width: ends at 404" in rows[0].error


@pytest.mark.browser
def test_a_place_that_was_looked_at_is_entered_by_keyboard(
    bench: Bench, tmp_path: Path, page: Page, live_server: LiveServer
) -> None:
    study, _ = answered("http-json", row("http-json"), bench, tmp_path)
    sign_in(page, rater(study, "rater@example.org"), live_server.url)
    page.goto(f"/studies/{study.slug}/vote/")
    expect(page.locator(".pane__body c-image[data-looks]")).to_have_count(2)
    look(page, "trace-with-views")
    link = page.get_by_role("link", name="place 1 in the image").first
    link.focus()
    expect(page.locator(".shape--pointed")).to_have_count(1)
    expect(page.locator("c-image[data-zoomed]")).to_have_count(0)
    link.press("Enter")
    expect(page.locator(".pane__body c-image[data-zoomed]")).to_have_count(2)
    look(page, "trace-view-entered")


@pytest.mark.browser
def test_a_place_on_a_slide_fills_both_panes(
    tmp_path: Path, page: Page, live_server: LiveServer
) -> None:
    (tmp_path / "slide.svs").write_bytes(slide())
    nest = {"x": 1875, "y": 500, "width": 375, "height": 500, "zoom": 20, "level": 0}
    records = tuple(
        {"steps": [{"type": "view", "input": {**nest, "x": x}}, {"type": "message", "output": "."}]}
        for x in (1875, 900)
    )
    here = world_of("whole-slide", tmp_path, output_kind="agent-trajectory", records=records)
    at_the_desk(page, here, live_server)
    look(page, "trace-on-a-slide")
    whole = settled(page)[0]
    link = page.get_by_role("link", name="place 1 in the image").first
    link.focus()
    link.press("Enter")
    left, right = settled(page)
    assert left == pytest.approx(right, abs=1e-6)
    assert left[2] < whole[2] / 2
    side = "left" if link.get_attribute("data-region").startswith("left") else "right"
    told = page.locator(f".pane c-slide[data-side={side}]").evaluate(MIDDLE)
    box = page.locator(f"#{side}-shape-1 .shape__line").evaluate("(line) => line.getBBox().x")
    assert told == pytest.approx(box + nest["width"] / 2, abs=20)


MIDDLE = (
    """(view) => view.image.viewportToImageCoordinates(view.viewer.viewport.getCenter(true)).x"""
)
