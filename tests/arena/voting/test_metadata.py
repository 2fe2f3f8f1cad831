"""Whatever a file of an output says about its maker is gone where a rater gets it.

Each system's file says its name in every place that its format has for words, and in its own name.
"""

import io
import re
import struct
from collections.abc import Callable

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image, PngImagePlugin

from tests import kinds_examples, media
from tests.arena.voting.test_blinding import chunks, everything_served
from tests.arena.voting.world import NAMES, generation, system, world
from tests.inputs.volumes import slice_of

pytestmark = pytest.mark.django_db


def told(name: str) -> Image.Exif:
    """Description, software and artist of a picture; and a comment in UTF-16, as Windows writes."""
    exif = Image.Exif()
    for tag in (0x010E, 0x0131, 0x013B):
        exif[tag] = name
    exif[0x9C9C] = name.encode("utf-16-le")
    return exif


def xmp(name: str) -> bytes:
    return f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><creator>{name}</creator></x:xmpmeta>".encode()


def png(name: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", name)
    info.add_text("Comment", name * 9, zip=True)
    info.add_itxt("XML:com.adobe.xmp", xmp(name).decode())
    buffer = io.BytesIO()
    media.picture(90).save(buffer, "PNG", pnginfo=info, exif=told(name))
    return buffer.getvalue() + name.encode()


def jpeg(name: str) -> bytes:
    buffer = io.BytesIO()
    options = {"exif": told(name), "comment": name.encode(), "xmp": xmp(name)}
    media.picture(90).save(buffer, "JPEG", icc_profile=name.encode(), **options)  # type: ignore[arg-type]
    return buffer.getvalue() + name.encode()


def webp(name: str) -> bytes:
    buffer = io.BytesIO()
    media.picture(90).save(buffer, "WEBP", lossless=True, exif=told(name), xmp=xmp(name))
    return buffer.getvalue()


def tiff(name: str) -> bytes:
    buffer = io.BytesIO()
    media.picture(90).save(buffer, "TIFF", exif=told(name), software=name, description=name)
    return buffer.getvalue()


def dicom(name: str) -> bytes:
    tags = {"Manufacturer": name, "SoftwareVersions": name, "SeriesDescription": name}
    return slice_of(np.arange(40 * 30).astype(np.int16).reshape(40, 30, 1), 0, tags)


def wav(name: str) -> bytes:
    """With an INFO list, a tag of MP3 players and the name of a broadcaster."""
    body = media.wav()[: -len(media.SECRET) - 9]
    words = name.encode().ljust(32, b"\0")
    info = b"INFOISFT" + struct.pack("<I", len(words)) + words
    for key, value in ((b"LIST", info), (b"id3 ", words), (b"bext", words)):
        body += key + struct.pack("<I", len(value)) + value
    return body[:4] + struct.pack("<I", len(body) - 8) + body[8:]


def said(maker: Callable[[], bytes]) -> Callable[[str], bytes]:
    """A clip that says ``media.SECRET``; here with another name of the same length."""
    return lambda name: maker().replace(b"Quetzal", name.encode().ljust(7)[:7])


KINDS = {
    **{f"picture.{make.__name__}": ("image-generated", make) for make in (png, jpeg, webp, tiff)},
    "picture.dcm": ("image-generated", dicom),
    "sound.wav": ("audio-generated", wav),
    "clip.webm": ("video-generated", said(media.webm)),
    "clip.mp4": ("video-generated", said(media.mp4)),
    "clip.gif": ("video-generated", said(media.gif)),
}
PARTS = {
    "image/png": {b"IHDR", b"IDAT", b"paDd", b"IEND"},
    "audio/wav": {b"fmt ", b"data", b"PAD "},
}


def spelled(name: str) -> list[bytes]:
    return [name.lower().encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")]


@pytest.mark.parametrize("file", KINDS)
def test_no_file_of_an_output_says_who_made_it(
    file: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, make = KINDS[file]
    files = {f"{name.lower()}-{file}": make(name) for name in NAMES[:2]}
    for name, body in zip(NAMES, files.values(), strict=False):
        assert name.encode() in body, "the file as it came says it"
    monkeypatch.setattr(kinds_examples, "FILES", files)
    here = world(kind, n_cases=1, n_systems=0)
    field = {"audio-generated": "audio", "video-generated": "video"}.get(kind, "image")
    for name, sent in zip(NAMES, files, strict=False):
        held = system(here.study, here.study.created_by, name)
        generation(held, here.cases[0], {field: sent})
    client.force_login(here.rater)
    served = everything_served(client, here)
    assert sum(address.endswith("/output") for address in served) == 2
    for address, body in served.items():
        for name in NAMES:
            assert not [word for word in spelled(name) if word in body.lower()], address
    page = client.get(reverse("vote", args=[here.study.slug])).content.decode()
    for url in sorted(set(re.findall(r'"(/ballots/[^"]+/output)"', page))):
        response = client.get(url)
        assert parts(response["Content-Type"], response.content) <= PARTS.get(
            response["Content-Type"], set()
        )


def parts(media_type: str, body: bytes) -> set[bytes]:
    """The parts of a picture or a sound by their names; clips are read whole by their own tests."""
    if media_type == "image/png":
        return {name for name, _ in chunks(body)}
    return set(riff(body)) if media_type == "audio/wav" else set()


def riff(body: bytes) -> list[bytes]:
    place, found = 12, []
    while place < len(body):
        found.append(body[place : place + 4])
        (size,) = struct.unpack_from("<I", body, place + 4)
        place += 8 + size + size % 2
    return found
