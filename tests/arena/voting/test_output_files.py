"""Files of outputs as raters get them: nothing in bytes, headers, names or sizes tells whose."""

import io
import re
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from arena.generations.models import OutputFile
from arena.studies.new_case import SourceFile
from arena.studies.readers.arrays import clean_array
from arena.studies.readers.sounds import clean_sound, wav_samples
from arena.studies.readers.videos import clean_video
from arena.voting.served import Served, evened, pictured, softer
from tests import kinds_examples, media
from tests.arena.voting.test_blinding import chunks
from tests.arena.voting.world import NAMES, World, generation, system, world

pytestmark = pytest.mark.django_db


def noise() -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(7).integers(0, 255, (90, 90, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> World:
    """A small and a large picture, whose names and tags say who made them."""
    files = {"quetzal-7.png": media.png(), "wombat-9.png": noise()}
    monkeypatch.setattr(kinds_examples, "FILES", files)
    here = world("image-generated", n_cases=1, n_systems=0)
    for name, file in zip(NAMES, files, strict=False):
        held = system(here.study, here.study.created_by, name)
        generation(held, here.cases[0], {"image": file})
    return here


@pytest.fixture
def urls(client: Client, here: World) -> list[str]:
    client.force_login(here.rater)
    page = client.get(reverse("vote", args=[here.study.slug])).content.decode()
    assert not re.search("quetzal|wombat", page, re.IGNORECASE)
    return sorted(set(re.findall(r'"(/ballots/[^"]+/output)"', page)))


def test_two_files_differ_in_their_pixels_and_in_nothing_else(
    client: Client, urls: list[str]
) -> None:
    assert [url.rsplit("/", 2)[1:] for url in urls] == [["left", "output"], ["right", "output"]]
    left, right = (client.get(url) for url in urls)
    assert left.headers == right.headers
    assert len(left.content) == len(right.content), (
        "also where one picture is a hundred times larger"
    )
    for response in (left, right):
        names = [name for name, _ in chunks(response.content)]
        assert set(names) == {b"IHDR", b"IDAT", b"paDd", b"IEND"}
        assert names[-1] == b"IEND"
        with Image.open(io.BytesIO(response.content)) as image:
            image.load()
            assert not image.info
    sizes = {Image.open(io.BytesIO(r.content)).size for r in (left, right)}
    assert sizes == {(128, 96), (90, 90)}


def test_no_header_tells_a_date_a_name_or_an_earlier_visit(client: Client, urls: list[str]) -> None:
    headers = client.get(urls[0]).headers
    assert not {"ETag", "Last-Modified", "Content-Encoding"} & set(headers)
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Content-Disposition"] == "inline"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_picture_that_is_gone_or_was_never_there_is_not_found(
    client: Client, urls: list[str], here: World
) -> None:
    assert client.get(urls[0].replace("output", "input")).status_code == 404
    assert client.get(urls[0].replace("output", "image")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "part", "told"),
    [
        ("", 200, slice(None), None),
        ("bytes=0-9", 206, slice(0, 10), "bytes 0-9/{size}"),
        ("bytes=5-", 206, slice(5, None), "bytes 5-{last}/{size}"),
        ("bytes=-7", 206, slice(-7, None), "bytes {tail}-{last}/{size}"),
        ("bytes=10-99999999", 206, slice(10, None), "bytes 10-{last}/{size}"),
        ("bytes=99999999-", 416, slice(0, 0), "bytes */{size}"),
        ("bytes=9-3", 416, slice(0, 0), "bytes */{size}"),
        ("bytes=-0", 416, slice(0, 0), "bytes */{size}"),
        ("bytes=0-1,4-5", 200, slice(None), None),
        ("bytes=-", 200, slice(None), None),
        ("lines=0-9", 200, slice(None), None),
    ],
)
def test_players_get_the_part_they_ask_for(
    client: Client, urls: list[str], asked: str, status: int, part: slice, told: str | None
) -> None:
    whole = client.get(urls[0]).content
    response = client.get(urls[0], headers={"Range": asked} if asked else {})
    assert (response.status_code, response.content) == (status, whole[part])
    assert response.headers["Accept-Ranges"] == "bytes"
    size = len(whole)
    known = told and told.format(size=size, last=size - 1, tail=size - 7)
    assert response.headers.get("Content-Range") == known


def clean(kind: str, data: bytes) -> Any:
    read = clean_sound if kind == "audio/wav" else clean_video
    return read(SourceFile("x", data))


@pytest.mark.parametrize(
    ("kind", "data"),
    [("video/webm", media.webm()), ("video/mp4", media.mp4()), ("audio/wav", media.wav())],
)
@pytest.mark.parametrize("beside", [0, 5000, 300_000])
def test_what_fills_a_file_changes_nothing_that_is_played(
    kind: str, data: bytes, beside: int
) -> None:
    stored = clean(kind, data).data
    served = evened(Served(stored, kind), beside=beside).body
    other = evened(Served(b"\0" * 60, kind), beside=max(len(stored), beside)).body
    assert len(served) % 4096 == 0
    assert len(served) == len(other)
    assert clean(kind, served).data == stored


def test_a_sound_is_played_softer_and_not_otherwise() -> None:
    body = clean_sound(SourceFile("x", media.wav(loud=0.8))).data
    assert softer(body, 1) == body
    half, _ = wav_samples(softer(body, 0.5))
    whole, _ = wav_samples(body)
    assert np.abs(half * 2 - whole).max() < 0.001
    assert len(softer(body, 0.5)) == len(body)


def test_the_louder_sound_is_played_as_loud_as_the_softer(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"loud.wav": media.wav(loud=0.9), "soft.wav": media.wav(loud=0.3, hertz=300)}
    monkeypatch.setattr(kinds_examples, "FILES", files)
    here = world("audio-generated", n_cases=1, n_systems=0)
    for name, file in zip(NAMES, files, strict=False):
        held = system(here.study, here.study.created_by, name)
        generation(held, here.cases[0], {"audio": file})
    client.force_login(here.rater)
    page = client.get(reverse("vote", args=[here.study.slug])).content.decode()
    urls = sorted(set(re.findall(r'"(/ballots/[^"]+/output)"', page)))
    sounds = [wav_samples(client.get(url).content)[0] for url in urls]
    loudness = [float(np.sqrt((samples**2).mean())) for samples in sounds]
    assert loudness[0] == pytest.approx(loudness[1], rel=0.01)
    assert loudness[0] == pytest.approx(0.3 / np.sqrt(2), rel=0.02)


def test_a_clip_that_is_gone_from_the_store_is_not_found(client: Client) -> None:
    here = world("video-generated", n_cases=1)
    client.force_login(here.rater)
    page = client.get(reverse("vote", args=[here.study.slug])).content.decode()
    (url, _) = sorted(set(re.findall(r'"(/ballots/[^"]+/output)"', page)))
    for file in OutputFile.objects.all():
        OutputFile.objects.filter(pk=file.pk)._raw_delete("default")
    assert client.get(url).status_code == 404


def test_an_array_is_black_and_white_where_its_window_ends() -> None:
    values = np.array([[0.0, 5.0], [10.0, 20.0]])
    body = clean_array(SourceFile("x", media.npy(values))).data
    served = pictured(body, (0.0, 10.0))
    assert served.media_type == "image/png"
    with Image.open(io.BytesIO(served.body)) as image:
        assert np.asarray(image).tolist() == [[0, 128], [255, 255]]


def test_both_reconstructions_have_the_same_shades_and_size(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The left has values up to 1, the right up to 2: what is 1 is mid-grey on either side."""
    ramp = np.linspace(0, 1, 1000).reshape(20, 50)
    loud = np.random.default_rng(3).uniform(0, 2, (80, 90))
    files = {"quetzal.npy": media.npy(ramp), "wombat.npy": media.npy(loud)}
    monkeypatch.setattr(kinds_examples, "FILES", files)
    here = world("image-reconstructed", n_cases=1, n_systems=0)
    for name, file in zip(NAMES, files, strict=False):
        held = system(here.study, here.study.created_by, name)
        generation(held, here.cases[0], {"image": file})
    client.force_login(here.rater)
    page = client.get(reverse("vote", args=[here.study.slug])).content.decode()
    urls = sorted(set(re.findall(r'"(/ballots/[^"]+/output)"', page)))
    bodies = [client.get(url).content for url in urls]
    assert len(bodies[0]) == len(bodies[1])
    brightest = sorted(int(np.asarray(Image.open(io.BytesIO(body))).max()) for body in bodies)
    assert brightest[0] == pytest.approx(128, abs=3)
    assert brightest[1] == 255


def test_a_loop_becomes_a_clip() -> None:
    values = np.random.default_rng(1).uniform(0, 1, (4, 30, 40))
    body = clean_array(SourceFile("x", media.npy(values))).data
    served = pictured(body, (0.0, 1.0))
    meta = clean_video(SourceFile("x", served.body)).meta
    assert (served.media_type, meta["frames"], meta["width"]) == ("video/webm", 4, 40)
