"""Small real media files, made on the spot; each can carry words that must not come along."""

import io
import struct
import wave
from collections.abc import Sequence

import numpy as np
from PIL import Image, PngImagePlugin

from arena.studies.readers.clips import Clip
from arena.studies.readers.mp4 import box
from arena.studies.readers.videos import frames_clip
from arena.studies.readers.webm import element, webm_bytes

SIZE = (128, 96)
GREYS = (40, 120, 200)
SECRET = b"made by Quetzal 7"


def picture(grey: int, size: tuple[int, int] = SIZE) -> Image.Image:
    """A grey field with a white bar whose place depends on the grey."""
    image = Image.new("RGB", size, (grey, grey, grey))
    image.paste((255, 255, 255), (grey // 2, 0, grey // 2 + 10, size[1]))
    return image


def png(grey: int = 120, *, secret: bytes = SECRET) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", secret.decode())
    buffer = io.BytesIO()
    picture(grey).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue() + secret


def gif(greys: Sequence[int] = GREYS, *, ms: int = 200) -> bytes:
    first, *others = (picture(grey) for grey in greys)
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=ms, comment=SECRET)
    return buffer.getvalue()


def clip(greys: Sequence[int] = GREYS, *, seconds: float = 0.2) -> Clip:
    pictures = ((i * seconds, picture(grey)) for i, grey in enumerate(greys))
    return frames_clip(pictures)


def webm(greys: Sequence[int] = GREYS, *, secret: bytes = SECRET) -> bytes:
    """With tags, an attachment and a void that name their maker."""
    body = webm_bytes(clip(greys))
    extra = [element(0x1254C367, secret), element(0x1941A469, secret), element(0xEC, secret)]
    return body.replace(b"arena", b"Quetz") + b"".join(extra)


def wav(seconds: float = 0.5, *, hertz: float = 440, loud: float = 0.5, rate: int = 8000) -> bytes:
    time = np.arange(int(seconds * rate)) / rate
    samples = np.rint(loud * 32767 * np.sin(2 * np.pi * hertz * time)).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(samples.tobytes())
    tag = b"LIST" + struct.pack("<I", len(SECRET) + 1) + SECRET + b"\0"
    return buffer.getvalue() + tag


def npy(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


# H.264 without compression (macroblocks of type I_PCM), in MP4 -----------------------------------
SPS, PPS = bytes.fromhex("6742000af841a2"), bytes.fromhex("68ce3880")


def h264_frame(grey: int, number: int = 0) -> bytes:
    """One key frame of 128 × 96 pixels, whose headers fit this size only (H.264 7.3.5).

    Key frames that follow each other must not have the same number: even and odd ones differ.
    """
    block = bytes([grey]) * 256 + bytes([128]) * 128
    header = bytes.fromhex("0588820868" if number % 2 else "05888421a0")
    return header + block + (b"\x0d\x00" + block) * 47 + b"\x80"


def mp4(greys: Sequence[int] = GREYS, *, brand: bytes = b"isom", **changes: bytes) -> bytes:
    """Frames first, header last, with tags, names and an encoder's mark in every frame.

    ``changes``: boxes to use in place of those named, such as ``tkhd=…``.
    """
    mark = b"\x06\x05" + bytes([16 + len(SECRET)]) + bytes(range(16)) + SECRET + b"\x80"
    frames = [unit(mark) + unit(h264_frame(grey, i)) for i, grey in enumerate(greys)]
    ftyp = box(b"ftyp", brand + b"\0\0\2\0" + brand)
    mdat = box(b"mdat", b"".join(frames))
    moov = _moov([len(frame) for frame in frames], len(ftyp) + 8, changes)
    return ftyp + mdat + moov + box(b"uuid", SECRET)


def unit(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


def _moov(sizes: list[int], first: int, changes: dict[str, bytes]) -> bytes:
    def made(name: str, body: bytes) -> bytes:
        return box(name.encode(), changes.get(name, body))

    n, full = len(sizes), bytes(4)
    unturned = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    config = b"\1\x42\0\x0a\xff\xe1" + struct.pack(">H", len(SPS)) + SPS
    config += b"\1" + struct.pack(">H", len(PPS)) + PPS
    size = struct.pack(">HH", *SIZE)
    entry = bytes(24) + size + bytes(14) + bytes([len(SECRET)]) + SECRET.ljust(31) + bytes(4)
    avc1 = box(b"avc1", entry, made("avcC", config))
    places = [first + sum(sizes[:i]) for i in range(n)]
    stbl = [
        made("stsd", full + struct.pack(">I", 1) + avc1),
        made("stts", full + struct.pack(">III", 1, n, 200)),
        made("stsc", full + struct.pack(">IIII", 1, 1, 1, 1)),
        made("stsz", full + struct.pack(f">II{n}I", 0, n, *sizes)),
        made("stco", full + struct.pack(f">I{n}I", n, *places)),
    ]
    mdia = [
        made("mdhd", full + bytes(8) + struct.pack(">IIHH", 1000, 200 * n, 0, 0)),
        made("hdlr", full + bytes(4) + b"vide" + bytes(12) + SECRET + b"\0"),
        box(b"minf", box(b"stbl", *stbl)),
    ]
    tkhd = made("tkhd", full + bytes(36) + unturned + bytes(8))
    return box(b"moov", box(b"trak", tkhd, box(b"mdia", *mdia)), box(b"udta", SECRET))
