"""Documents, clips, sounds and sorts of image: clean, in order, refused with a sentence."""

import io
from pathlib import Path

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from arena.core.errors import RowError
from arena.studies.case_import.phi import PhiError
from arena.studies.formats import case_facts
from arena.studies.models import Asset, Case, CaseVersion
from tests.inputs.examples import pdf, png
from tests.inputs.world import load, study_reading, world_of, written
from tests.media import SECRET, gif, wav, webm

pytestmark = pytest.mark.django_db


def bodies() -> dict[str, bytes]:
    found = {}
    for asset in Asset.objects.order_by("name"):
        with asset.file.open() as file:
            found[asset.name] = bytes(file.read())
    return found


def test_pages_become_pictures_with_their_text_beside(tmp_path: Path) -> None:
    (tmp_path / "letter.pdf").write_bytes(pdf("First page.", "Second page."))
    load(study_reading("pdf-page"), tmp_path / "letter.pdf")
    found = bodies()
    assert list(found) == ["page-1", "page-2"]
    assert not any(b"DOE" in body or b"SECRET" in body for body in found.values())
    version = CaseVersion.objects.get()
    assert version.content["pages"] == ["First page.", "Second page."]
    assert case_facts(version).text == "First page.\n\nSecond page."
    image = Image.open(io.BytesIO(found["page-1"]))
    assert image.size == (876, 625) and image.mode == "RGB"
    dark = np.asarray(image.convert("L")) < 128
    assert dark[150:220].any() and not dark[300:].any(), "the line stands where it should"


def test_identifiers_in_the_text_of_a_page_stop_the_import(tmp_path: Path) -> None:
    (tmp_path / "letter.pdf").write_bytes(pdf("MRN 12345678"))
    with pytest.raises(PhiError, match="record number"):
        load(study_reading("pdf-page"), tmp_path / "letter.pdf")
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"hello", "is no PDF"),
        (b"%PDF-1.4\n" + b"x" * 500, "cannot be opened: it is locked or damaged"),
        (pdf(*["x"] * 21), "has 21 pages; there must be 1 to 20"),
        (pdf("x").replace(b"[0 0 420 300]", b"[0 0 9420 300]"), "points|cannot be opened"),
    ],
    ids=["no PDF", "damaged", "long", "huge"],
)
def test_a_document_that_cannot_be_read_is_refused(
    tmp_path: Path, data: bytes, message: str
) -> None:
    (tmp_path / "x.pdf").write_bytes(data)
    with pytest.raises(RowError, match=message):
        load(study_reading("pdf-page"), tmp_path / "x.pdf")
    assert not Case.objects.exists() and not Asset.objects.exists()


@pytest.mark.parametrize(
    ("kind", "name", "data", "media_type"),
    [
        ("video", "a.gif", gif(), "video/webm"),
        ("video", "a.webm", webm(), "video/webm"),
        ("audio", "a.wav", wav(), "audio/wav"),
    ],
)
def test_clips_and_sounds_play_and_say_nothing_of_their_maker(
    tmp_path: Path, client: Client, kind: str, name: str, data: bytes, media_type: str
) -> None:
    here = world_of(kind, written(tmp_path, {name: data}))
    ((asset, body),) = bodies().items()
    assert SECRET not in body and b"Quetz" not in body
    client.force_login(here.rater)
    html = client.get(reverse("vote", args=[here.study.slug])).content.decode()
    url = html.split(f'/case/{asset}"')[0].rsplit('"', 1)[1] + f"/case/{asset}"
    part = client.get(url, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part["Content-Type"]) == (206, media_type)
    assert part.content == body[:10]


@pytest.mark.parametrize(("kind", "name"), [("video", "a.mp4"), ("audio", "a.mp3")])
def test_what_does_not_play_is_refused(tmp_path: Path, kind: str, name: str) -> None:
    (tmp_path / name).write_bytes(b"ID3 hello")
    with pytest.raises(RowError):
        load(study_reading(kind), tmp_path / name)
    assert not Case.objects.exists()


def test_sorts_of_image_are_told_by_name_and_measured(tmp_path: Path, client: Client) -> None:
    table = b"file,key,modality,spacing_mm\neye.png,a,fundus,0.01\nchest.png,b,DX,0.2 0.1\n"
    files = {"cases.csv": table, "eye.png": png(), "chest.png": png()}
    here = world_of("image-2d", written(tmp_path, files))
    spacing = dict(Asset.objects.values_list("meta__modality", "meta__spacing_mm"))
    assert spacing == {"fundus": [0.01, 0.01], "DX": [0.2, 0.1]}
    client.force_login(here.study.created_by)
    for key, name in (("a", "Fundus photograph"), ("b", "Radiograph")):
        page = reverse("manage-case", args=[here.study.slug, Case.objects.get(key=key).pk])
        assert f'data-modality="{name}"' in client.get(page).content.decode()


@pytest.mark.parametrize("spacing", ["wide", "0", "-1", "1 2 3"])
def test_a_spacing_that_is_none_is_refused(tmp_path: Path, spacing: str) -> None:
    table = f"file,key,spacing_mm\nx.png,a,{spacing} \n".encode()
    with pytest.raises(RowError, match="has the spacing"):
        load(study_reading("image-2d"), written(tmp_path, {"cases.csv": table, "x.png": png()}))
