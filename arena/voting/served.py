"""Files of outputs as they are sent: of equal size on both sides, whatever is in them."""

import struct
import zlib
from dataclasses import dataclass, replace

from PIL import Image

from arena.studies.readers.arrays import array_of
from arena.studies.readers.clips import STEADY
from arena.studies.readers.png import Pixels, png_asset, shown_between
from arena.studies.readers.sounds import wav_bytes, wav_samples
from arena.studies.readers.videos import frames_clip
from arena.studies.readers.webm import webm_bytes
from arena.voting.presenters.base import StoredFile
from arena.voting.presenters.png import BUCKET, PADDING
from evaluation.kinds.files import ARRAY, SOUND

ROOM = 16
"""Bytes that the smallest filling may take."""
END_OF_PNG = 12


@dataclass(frozen=True)
class Served:
    body: bytes
    media_type: str


def media_type_of(body: bytes) -> str:
    """Of what a presenter made: a picture, or an array for a viewer."""
    return "image/png" if body.startswith(b"\x89PNG") else "application/gzip"


def evened(served: Served, *, beside: int) -> Served:
    """The file filled up to a size that hides whether it or the one ``beside`` it is larger."""
    size = max(len(served.body), beside) + ROOM
    missing = size + -size % BUCKET - len(served.body)
    fill = {"image/png": _png, "audio/wav": _wav, "video/webm": _webm, "video/mp4": _mp4}
    return replace(served, body=fill[served.media_type](served.body, missing))


def shown_as(body: bytes, media_type: str, asset: StoredFile) -> Served:
    """What a browser gets of a stored file: arrays as pictures or clips, sounds made softer."""
    if media_type == ARRAY:
        return pictured(body, asset.window or (0.0, 1.0))
    return Served(softer(body, asset.gain) if media_type == SOUND else body, media_type)


def pictured(body: bytes, window: tuple[float, float]) -> Served:
    """An array in shades of grey; a loop as a clip of 25 frames a second."""
    frames = [shown_between(frame, *window) for frame in array_of(body)]
    if len(frames) == 1:
        return Served(png_asset(Pixels(frames[0])).data, "image/png")
    pictures = ((i * STEADY, Image.fromarray(frame)) for i, frame in enumerate(frames))
    return Served(webm_bytes(frames_clip(pictures)), "video/webm")


def softer(body: bytes, gain: float) -> bytes:
    """A sound at a share of its loudness."""
    if gain == 1:
        return body
    samples, rate = wav_samples(body)
    return wav_bytes(samples * gain, rate)


# Each format has a part that players and viewers skip.
def _png(body: bytes, missing: int) -> bytes:
    inner = PADDING + bytes(missing - 12)
    chunk = struct.pack(">I", missing - 12) + inner + struct.pack(">I", zlib.crc32(inner))
    return body[:-END_OF_PNG] + chunk + body[-END_OF_PNG:]


def _wav(body: bytes, missing: int) -> bytes:
    whole = body + b"PAD " + struct.pack("<I", missing - 8) + bytes(missing - 8)
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def _webm(body: bytes, missing: int) -> bytes:
    return body + b"\xec" + struct.pack(">Q", missing - 9 | 1 << 56) + bytes(missing - 9)


def _mp4(body: bytes, missing: int) -> bytes:
    return body + struct.pack(">I4s", missing, b"free") + bytes(missing - 8)
