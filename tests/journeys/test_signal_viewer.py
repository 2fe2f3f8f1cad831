"""A cardiologist reads an ECG: the paper fits, calipers measure, by mouse and by keyboard."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.inputs.test_every_kind import brought
from tests.inputs.world import world_of
from tests.journeys.browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def at_the_desk(kind: str, page: Page, live_server: LiveServer, folder: Path) -> None:
    here = world_of(kind, brought(kind, folder))
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    expect(page.locator("c-signal[data-ready]")).to_be_visible()


def test_calipers_tell_time_rate_and_voltage(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    at_the_desk("ecg", page, live_server, tmp_path)
    page.get_by_role("button", name="Calipers").click()
    told = page.locator(".viewer-legend")
    # At 0.4 and 0.6 of 265 mm: 53 mm apart are 2.12 s.
    expect(told).to_have_text("Between the calipers: 2120 ms (28 per minute) · 0.00 mV")
    end = page.get_by_role("slider", name="Caliper 2")
    end.press("Shift+ArrowRight")
    expect(told).to_have_text("Between the calipers: 2160 ms (28 per minute) · 0.00 mV")
    for _ in range(5):
        end.press("Shift+ArrowUp")
    expect(told).to_contain_text("0.50 mV")
    box = page.locator(".signal__strip img").first.bounding_box()
    assert box is not None
    grip = end.bounding_box()
    assert grip is not None
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 126 / 265, grip["y"])
    page.mouse.up()
    expect(told).to_contain_text("800 ms (75 per minute)")


def test_a_chart_is_measured_on_its_own_axis(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    at_the_desk("time-series", page, live_server, tmp_path)
    page.get_by_role("button", name="Calipers").click()
    # A fifth of 520 units, of which 450 are 22 hours.
    expect(page.locator(".viewer-legend")).to_have_text("Between the calipers: 305.1 min")
