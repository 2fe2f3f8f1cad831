"""Frames of a clip. Films need PyAV on the workers; clips of whole pictures need nothing."""

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PIL import Image

from arena.studies.new_case import SourceFile
from arena.studies.readers.clips import Clip
from arena.studies.readers.webm import clip_frames
from arena.studies.stills.base import Look, Still, UnseenError, evenly, fitted, share, still

WEBM = "video/webm"


def clip_stills(data: bytes, media_type: str, meta: Mapping[str, Any], look: Look) -> list[Still]:
    """Frames evenly spaced in their number, each with its time."""
    count = int(meta["frames"])
    places = evenly(count, look.most)
    return [
        still(
            f"frame-{place + 1}",
            f"Frame {place + 1} of {count}, at {time:.2f} s of {meta['seconds']:g} s; "
            f"sent are {share(places, count)}.",
            fitted(picture),
        )
        for place, time, picture in _frames(data, media_type, places)
    ]


def _frames(
    data: bytes, media_type: str, places: Sequence[int]
) -> Iterator[tuple[int, float, Image.Image]]:
    clip = clip_frames(SourceFile("clip", data)) if media_type == WEBM else None
    if clip and clip.codec == "V_VP8" and all(frame.key for frame in clip.frames):
        return _pictures(clip, places)
    return _decoded(data, places)


def _pictures(clip: Clip, places: Sequence[int]) -> Iterator[tuple[int, float, Image.Image]]:
    """A key frame of VP8 is what a lossy WebP file holds."""
    for place in places:
        frame = clip.frames[place]
        size = len(frame.data) + len(frame.data) % 2
        chunk = b"VP8 " + len(frame.data).to_bytes(4, "little") + frame.data.ljust(size, b"\0")
        head = b"RIFF" + (4 + len(chunk)).to_bytes(4, "little") + b"WEBP"
        with Image.open(io.BytesIO(head + chunk), formats=["WEBP"]) as image:
            yield place, frame.time, image.convert("RGB")


def _decoded(data: bytes, places: Sequence[int]) -> Iterator[tuple[int, float, Image.Image]]:
    try:
        import av
    except ImportError as error:
        problem = "its frames are decoded by PyAV, which the workers lack: pip install av"
        raise UnseenError(problem) from error
    wanted = set(places)
    with av.open(io.BytesIO(data)) as container:
        for place, frame in enumerate(container.decode(video=0)):
            if place in wanted:
                yield place, float(frame.time or 0.0), frame.to_image()
            if place >= places[-1]:
                return
