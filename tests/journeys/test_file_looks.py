"""What a DICOM file asks for beside its first window is a choice of both panes and the case."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.arena.studies.test_dicom_looks import asked
from tests.inputs.volumes import series
from tests.inputs.world import world_of, written
from tests.journeys.browser import axe_faults, drawn, pixels_of
from tests.journeys.test_voting import at_the_desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BOX = {"x": 1.0, "y": 1.0, "w": 2.0, "h": 2.0, "label": "nodule", "score": 0.5}
CANVASES = """() => [...document.querySelectorAll(":is(c-image, c-volume) canvas")].map((canvas) =>
  canvas.toDataURL())"""


def brightness(page: Page) -> list[float]:
    """Of the case and of both panes."""
    drawn(page)
    return [float(pixels_of(url).mean()) for url in page.evaluate(CANVASES)]


@pytest.fixture
def image(page: Page, live_server: LiveServer, tmp_path: Path) -> Page:
    names = ["NORMAL", "HARDER", "UNHEARD OF"]
    windows = {"WindowCenter": [60, 60, 10], "WindowWidth": [121, 11, 5]}
    (tmp_path / "x.dcm").write_bytes(asked(**windows, WindowCenterWidthExplanation=names))
    records = ({"boxes": [BOX]}, {"boxes": []})
    here = world_of("image-2d", tmp_path, output_kind="boxes", records=records)
    at_the_desk(page, here, live_server)
    expect(page.locator("c-image[data-ready]")).to_have_count(3)
    return page


def test_the_windows_of_an_image_are_shown_in_all_views(image: Page) -> None:
    window = image.get_by_role("combobox", name="Window")
    begun = brightness(image)
    expect(window.locator("option")).to_contain_text(["File: Harder", "File: window 3"])
    fetched = []
    image.on("request", lambda request: fetched.append(request.url))
    window.select_option("File: window 3")
    expect(window).to_have_value("File: window 3")
    image.wait_for_load_state("networkidle")
    brighter = brightness(image)
    assert all(now > before + 20 for now, before in zip(brighter, begun, strict=True))
    assert len(fetched) == 1, "once for all views, and only when asked for"
    assert brighter[1] == pytest.approx(brighter[2], abs=8), "but for the box"
    image.locator("body").press("r")
    assert brightness(image) == begun
    assert axe_faults(image) == []


def test_one_s_own_window_goes_on_from_that_of_the_file(image: Page) -> None:
    window = image.get_by_role("combobox", name="Window")
    window.select_option("File: window 3")
    image.wait_for_load_state("networkidle")
    chosen = brightness(image)
    box = image.locator(".pane c-image canvas").first.bounding_box()
    assert box is not None
    image.keyboard.down("Shift")
    image.mouse.move(box["x"] + 100, box["y"] + 100)
    image.mouse.down()
    image.mouse.move(box["x"] + 104, box["y"] + 100)
    image.mouse.up()
    image.keyboard.up("Shift")
    expect(window).to_have_value("")
    assert np.abs(np.array(brightness(image)) - chosen).max() < 20, "not back to the first"


def test_the_windows_of_a_series_are_presets(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    tags = {"WindowCenter": [40, -600], "WindowWidth": [401, 1601]}
    slices = series(**tags, WindowCenterWidthExplanation=["", "LUNG"])
    at_the_desk(page, world_of("volume", written(tmp_path, slices)), live_server)
    expect(page.locator("c-volume[data-ready]")).to_have_count(1)
    window = page.get_by_role("combobox", name="Window")
    before = brightness(page)
    window.select_option("File: Lung")
    expect(page.get_by_role("spinbutton", name="Centre")).to_have_value("-600")
    expect(page.get_by_role("spinbutton", name="Width")).to_have_value("1600")
    assert brightness(page) != before


def test_a_series_of_inverted_grey_opens_as_a_negative(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    slices = series(PhotometricInterpretation="MONOCHROME1")
    at_the_desk(page, world_of("volume", written(tmp_path, slices)), live_server)
    expect(page.locator("c-volume[data-ready]")).to_have_count(1)
    negative = page.get_by_role("button", name="Negative")
    expect(negative).to_have_attribute("aria-pressed", "true")
    page.locator("body").press("i")
    expect(negative).to_have_attribute("aria-pressed", "false")
    page.locator("body").press("r")
    expect(negative).to_have_attribute("aria-pressed", "true")
