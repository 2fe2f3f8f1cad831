"""Whole slides: tissue only, every tile where it belongs, nothing for who may not see the case."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from django.test import Client
from django.urls import reverse
from PIL import Image

from arena.core.errors import RowError
from arena.studies.formats import case_facts, format_for
from arena.studies.models import Asset, Case, CaseVersion, Study
from arena.studies.readers.jpeg import clean_jpeg
from arena.studies.readers.slides import halved
from tests.arena.voting.world import rater
from tests.inputs.slides import SECRET, jpeg, level, picture, slide, with_description
from tests.inputs.world import load, study_reading, world_of

pytestmark = pytest.mark.django_db
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "cases_wsi_tiny"


@pytest.fixture
def study() -> Study:
    return study_reading("whole-slide")


def stored() -> bytes:
    with Asset.objects.get(name="slide").file.open() as file:
        return bytes(file.read())


def meta() -> dict[str, Any]:
    return dict(Asset.objects.get(name="slide").meta)


def tile(name: str) -> np.ndarray | None:
    made = format_for("whole-slide").made(CaseVersion.objects.get(), name)
    return np.asarray(Image.open(io.BytesIO(made.body)).convert("RGB")) if made else None


def bring(study: Study, folder: Path, data: bytes) -> None:
    (folder / "slide.svs").write_bytes(data)
    load(study, folder / "slide.svs")


def test_nothing_a_scanner_says_comes_along(study: Study, tmp_path: Path) -> None:
    bring(study, tmp_path, with_description(slide()))
    data = stored()
    for secret in (b"DOE", b"SS1302", SECRET[:8]):
        assert secret not in data
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        tags = {tag.name for page in tiff.pages for tag in page.tags.values()}  # type: ignore[union-attr]
    assert not tags & {"ImageDescription", "Software", "DateTime", "Artist", "XMP"}
    assert meta()["microns_per_pixel"] == 0.25


def test_tiles_show_the_pixels_of_their_place(study: Study, tmp_path: Path) -> None:
    bring(study, tmp_path, slide())
    assert meta()["levels"] == [[3000, 2000, 256], [750, 500, 256]]
    whole = picture(3000, 2000).astype(int)
    for column, row in ((0, 0), (8, 2), (7, 3), (5, 5)):
        found = tile(f"tile-0-{column}-{row}")
        wanted = whole[row * 256 : (row + 1) * 256, column * 256 : (column + 1) * 256]
        assert found is not None and np.abs(found[: len(wanted)] - wanted).mean() < 3
    for name in ("tile-0-12-0", "tile-0-0-8", "tile-2-0-0", "tile-0--1-0", "tile-0-0", "tile-a"):
        assert tile(name) is None, name


def test_missing_levels_are_made(study: Study, tmp_path: Path) -> None:
    bring(study, tmp_path, slide(smaller=()))
    assert meta()["levels"] == [[3000, 2000, 256], [1500, 1000, 256], [750, 500, 256]]
    small = tile("tile-2-1-0")
    assert small is not None
    assert np.abs(small[:256].astype(int) - picture(750, 500)[:256, 256:512]).mean() < 4
    overview = Asset.objects.get(name="overview")
    assert (overview.meta["width"], overview.meta["height"]) == (1024, 683)


def test_halving_keeps_the_edge_white() -> None:
    small = halved(level(300, 200))
    assert (small.width, small.height, len(small.tiles)) == (150, 100, 1)
    pixels = np.asarray(Image.open(io.BytesIO(small.tiles[0])).convert("RGB"))
    assert pixels[150:, 200:].min() > 250


def test_red_green_and_blue_are_told_from_luminance() -> None:
    pixels = picture(256, 256)
    for rgb in (False, True):
        plain = re.sub(rb"\xff\xee\x00\x0eAdobe.{7}", b"", jpeg(pixels, rgb=rgb), flags=re.DOTALL)
        clean = clean_jpeg(plain, None, rgb=rgb)
        found = np.asarray(Image.open(io.BytesIO(clean.data)).convert("RGB")).astype(int)
        assert np.abs(found - pixels).mean() < 3


@pytest.mark.parametrize("compression", ["none", "deflate"])
def test_other_tiles_become_jpeg(study: Study, tmp_path: Path, compression: str) -> None:
    path = tmp_path / "plain.tif"
    packed = {"none": None, "deflate": "zlib"}[compression]
    tifffile.imwrite(path, picture(300, 200), tile=(64, 64), compression=packed, photometric="rgb")
    load(study, path)
    found = tile("tile-0-2-1")
    assert found is not None
    assert np.abs(found.astype(int) - picture(300, 200)[64:128, 128:192]).mean() < 4


REFUSED = {
    "no TIFF": (b"hello" * 99, "is no slide that is read"),
    "cut off": (slide()[: len(slide()) // 2], "is no slide that is read"),
    "damaged": (slide().replace(b"\xff\xdb", b"\xff\x01"), "has the marker 0x1"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_is_no_slide_is_refused(study: Study, tmp_path: Path, fault: str) -> None:
    data, message = REFUSED[fault]
    with pytest.raises(RowError, match=message):
        bring(study, tmp_path, data)
    assert not Case.objects.exists() and not Asset.objects.exists()


def test_untiled_and_odd_files_are_refused(study: Study, tmp_path: Path) -> None:
    path = tmp_path / "flat.tif"
    for pixels, options, message in (
        (picture(64, 64), {}, "is not cut into tiles"),
        (picture(64, 64).astype(np.uint16), {"tile": (16, 16)}, "of 8 bits each"),
        (picture(64, 64)[..., 0], {"tile": (16, 16)}, "must hold red, green and blue"),
        (picture(64, 64), {"tile": (16, 32)}, "that are not square"),
    ):
        tifffile.imwrite(path, pixels, **options)  # type: ignore[arg-type]
        with pytest.raises(RowError, match=message):
            load(study, path)


@pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data")
def test_real_files_are_read_or_refused(study: Study) -> None:
    load(study, DATA / "small.svs")
    assert meta()["microns_per_pixel"] == 0.499
    load(study, DATA / "boxes.tiff")
    for name in ("unopenable.tiff", "unreadable.svs"):
        with pytest.raises(RowError):
            load(study, DATA / name)


def test_tiles_are_for_who_votes_on_the_case(tmp_path: Path, client: Client) -> None:
    (tmp_path / "slide.svs").write_bytes(slide(600, 400, smaller=()))
    here = world_of("whole-slide", tmp_path)
    client.force_login(here.rater)
    html = client.get(reverse("vote", args=[here.study.slug])).content.decode()
    address = re.search(r'data-url="(/ballots/[^"]+)/slide"', html)
    assert address is not None
    url = f"{address[1]}/tile-0-0-0"
    first = client.get(url)
    assert (first.status_code, first["Content-Type"]) == (200, "image/jpeg")
    assert first["Cache-Control"] == "private, max-age=3600"
    assert client.get(url, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert client.get(f"{address[1]}/tile-0-9-9").status_code == 404
    client.force_login(rater(here.study, "other@example.org"))
    assert client.get(url).status_code == 404
    client.logout()
    assert client.get(url).status_code == 302
    assert "slide.svs" not in html


def test_outputs_may_know_the_size_of_the_slide(study: Study, tmp_path: Path) -> None:
    bring(study, tmp_path, slide(600, 400, smaller=()))
    facts = case_facts(CaseVersion.objects.get())
    assert (facts.width, facts.height) == (600, 400)
    assert facts.extra["spacing_mm"] == [0.00025, 0.00025]
