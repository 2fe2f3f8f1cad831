"""An error is marked on one slice of a volume, and found there again."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from arena.voting.models import Highlight
from tests.arena.voting.world import World
from tests.inputs.test_volume_masks import lesions
from tests.inputs.volumes import nifti
from tests.inputs.world import world_of
from tests.journeys.browser import axe_faults, drawn, look, sign_in
from tests.journeys.test_marking import fill_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(page: Page, live_server: LiveServer, tmp_path: Path) -> Page:
    (tmp_path / "scan.nii.gz").write_bytes(nifti())
    here: World = world_of("volume", tmp_path, output_kind="mask", records=(lesions(), lesions(1)))
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    expect(page.locator(".pane c-volume[data-ready]")).to_have_count(2)
    return page


def on_screen(page: Page, x: float, y: float) -> tuple[float, float]:
    script = """([x, y]) => {
      const { x: left, y: top } = document.querySelector("#pane-right c-volume").screenPoint(x, y);
      return [left, top];
    }"""
    left, top = page.evaluate(script, [x, y])
    return left, top


def drawn_with_the_mouse(page: Page) -> None:
    page.locator("[data-mark=right]").click()
    expect(page.locator("#desk-status")).to_contain_text("Draw a rectangle")
    page.mouse.move(*on_screen(page, 4, 3))
    page.mouse.down()
    page.mouse.move(*on_screen(page, 10, 9), steps=4)
    page.mouse.up()


def test_a_mark_is_seen_on_its_slice_alone_and_its_entry_leads_back(desk: Page) -> None:
    expect(desk.locator(".viewer-tools output").first).to_have_text("6 of 12")
    drawn_with_the_mouse(desk)
    about = r"Axial slice 6: region of (5\.9|6\.\d) × (8\.9|9\.\d) mm at (3\.9|4\.\d), 4\.\d mm"
    expect(desk.locator("#mark-place")).to_have_text(re.compile(about))
    fill_in(desk, "Wrong place or side")
    region = desk.locator("#pane-right .regions__marked")
    expect(region).to_have_count(1)
    canvas = desk.locator(".pane c-volume[data-side=left] canvas")
    canvas.press("ArrowUp")
    expect(region).to_have_count(0)
    canvas.press("ArrowDown")
    expect(region).to_have_count(1)
    canvas.press("p")
    expect(region).to_have_count(0)
    entry = desk.locator("#marks-right li")
    expect(entry).to_contain_text(re.compile(about))
    entry.get_by_role("button", name="Show").press("Enter")
    expect(region).to_have_count(1)
    expect(desk.get_by_role("button", name="Axial")).to_have_attribute("aria-pressed", "true")
    desk.set_viewport_size({"width": 1100, "height": 800})
    drawn(desk)
    left, top = on_screen(desk, 4, 3)
    box = region.bounding_box()
    assert box is not None
    assert (box["x"], box["y"]) == (pytest.approx(left, abs=1.5), pytest.approx(top, abs=1.5))
    assert axe_faults(desk) == []
    look(desk, "volume-mark")


def test_a_mark_on_a_volume_outlives_a_reload_and_is_stored_with_its_slice(desk: Page) -> None:
    drawn_with_the_mouse(desk)
    fill_in(desk, "Wrong place or side")
    desk.reload()
    expect(desk.locator(".pane c-volume[data-ready]")).to_have_count(2)
    expect(desk.locator("#pane-right .regions__marked")).to_have_count(1)
    desk.get_by_role("radio", name="About the same").check()
    desk.locator("#submit-vote").click()
    expect(desk.locator("#desk")).not_to_have_attribute("data-ballot", "")
    expect(desk.get_by_text("nothing left for you to judge")).to_be_visible()
    stored = Highlight.objects.get().region
    assert (stored["plane"], stored["slice"]) == ("axial", 5)
    assert stored["mm"]["slice"] == 10.0 and stored["mm"]["width"] == pytest.approx(6, abs=0.3)


def test_a_mark_on_a_volume_is_made_by_keys_alone(desk: Page) -> None:
    desk.locator("#pane-left .pane__body").focus()
    desk.keyboard.press("m")
    expect(desk.locator("#desk-status")).to_contain_text("Page up and Page down turn the slices.")
    for key in ("PageUp", "PageUp", "ArrowRight", "Shift+ArrowDown"):
        desk.keyboard.press(key)
    expect(desk.locator("#desk-status")).to_contain_text("Axial slice 8: region of")
    desk.keyboard.press("Enter")
    desk.keyboard.press("Space")
    desk.keyboard.press("Enter")
    expect(desk.locator("#marks-left li")).to_contain_text("Axial slice 8")
    expect(desk.locator("#pane-left .regions__marked")).to_have_count(1)
