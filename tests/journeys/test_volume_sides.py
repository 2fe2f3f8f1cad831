"""Sides of the body on the screen: what a system marked lies on the finding, and right is right.

A volume comes in by the importer, in any order of its axes; a system marks blocks in the file that
it is sent; what the canvas of either pane then shows is compared pixel by pixel.
"""

import gzip
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from evaluation.kinds.mask import record_of_volume
from tests.arena.voting.world import NAMES, World, generation, system
from tests.inputs.volumes import FRONT, HEAD, MARKER, nifti, phantom, series
from tests.inputs.world import world_of, written
from tests.journeys.browser import drawn, pixels_of, sign_in
from workers.parts import parts_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BLOCKS = {"marker": MARKER, "nose": FRONT, "crown": HEAD}
LABELS = (("marker", "nose"), ("crown",))  # of the first system, and of the second
# A slice through two or three of the blocks, and the letters on its left, right and top.
PLANES = {"Axial": (11, "RLA"), "Coronal": (8, "RLH"), "Sagittal": (10, "APH")}
LETTERS = """
window.written = {};
const fillText = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
  const { a, d, e, f } = this.getTransform();
  const { width, height } = this.canvas;
  if (text.length === 1) window.written[text] = [(a * x + e) / width, (d * y + f) / height];
  return fillText.call(this, text, x, y, ...rest);
};
"""


def turned_series() -> dict[str, bytes]:
    """The same body, lying on its front: rows and columns of each slice run the other way."""
    return series(
        phantom()[::-1, ::-1],
        ImageOrientationPatient=[-1, 0, 0, 0, -1, 0],
        ImagePositionPatient=lambda k: [0.0, 0.0, 2.0 * k],
    )


SOURCES: dict[str, Any] = {
    "dicom": series,
    "dicom, prone": turned_series,
    **{
        f"nifti {axes}": lambda axes=axes: {"scan.nii.gz": nifti(axes=axes)}
        for axes in ("RAS", "LPS", "LAS", "SRA", "PIL")
    },
}


def marked(here: World) -> None:
    """Each system marks its blocks by their values in the file that it is sent."""
    (sent,) = [part for part in parts_of(here.cases[0]) if part.name == "volume"]
    values = np.asarray(nib.Nifti1Image.from_bytes(gzip.decompress(sent.data)).dataobj)
    for name, labels in zip(NAMES, LABELS, strict=False):
        numbers = np.zeros(values.shape, np.uint8)
        for number, label in enumerate(labels, start=1):
            numbers[values == BLOCKS[label]] = number
        record = record_of_volume(numbers.transpose(2, 1, 0), dict(enumerate(labels, start=1)))
        generation(system(here.study, here.study.created_by, name), here.cases[0], record)


def picture(page: Page, side: str, marks: str) -> NDArray[np.int16]:
    page.get_by_role("combobox", name="Marks").select_option(marks)
    drawn(page)
    script = (
        "side => document.querySelector(`.pane c-volume[data-side=${side}] canvas`).toDataURL()"
    )
    return pixels_of(page.evaluate(script, side)).astype(np.int16)


def findings(page: Page, grey: NDArray[np.int16]) -> dict[str, NDArray[np.bool_]]:
    """Where the picture has the grey of a block, by the window that the page states."""
    tools = page.get_by_role("group", name="Tools of the volume")
    centre, width = (
        float(tools.get_by_role("spinbutton", name=name).input_value())
        for name in ("Centre", "Width")
    )
    shades = {name: 255 * ((v - centre) / width + 0.5) for name, v in BLOCKS.items()}
    return {
        name: (abs(grey - np.clip(shade, 0, 255)) <= 2).all(axis=2)
        for name, shade in shades.items()
    }


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("source", SOURCES)
def test_a_label_lies_on_its_finding_on_the_right_side_of_the_screen(
    page: Page, live_server: LiveServer, tmp_path: Path, source: str
) -> None:
    folder = written(tmp_path / "in", SOURCES[source]())
    here = world_of("volume", folder, output_kind="mask", records=())
    marked(here)
    page.add_init_script(LETTERS)
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    expect(page.locator(".pane c-volume[data-ready]")).to_have_count(2)
    for plane, (number, letters) in PLANES.items():
        page.get_by_role("button", name=plane, exact=True).click()
        page.get_by_role("slider", name="Slice").fill(str(number))
        for side in ("left", "right"):
            second = "crown" in page.locator(f"#pane-{side} tbody").first.inner_text()
            grey, painted = picture(page, side, "none"), picture(page, side, "fill")
            blocks = findings(page, grey)
            covered = (grey != painted).any(axis=2)
            assert covered.sum() > 1000, f"{plane}, {side}: nothing is marked"
            wanted = np.logical_or.reduce([blocks[name] for name in LABELS[second]])
            assert overlap(covered, wanted) > 0.95, f"{plane}, {side}: beside the finding"
        places = page.evaluate("() => window.written")
        first, last, top = (places[letter] for letter in letters)
        assert first[0] < 0.1 and last[0] > 0.9 and top[1] < 0.1, f"{plane}: {places}"
        half = grey.shape[1] // 2
        lies_left = blocks["nose" if plane == "Sagittal" else "marker"]
        assert lies_left[:, :half].sum() > 50 * lies_left[:, half:].sum(), plane
        lies_above = blocks["nose" if plane == "Axial" else "crown"]
        assert np.argwhere(lies_above)[:, 0].mean() < 0.3 * grey.shape[0], plane
