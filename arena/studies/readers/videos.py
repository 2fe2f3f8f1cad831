"""Moving pictures as clips that hold frames and their times and nothing else."""

import io
from collections.abc import Iterable, Iterator

from PIL import Image, ImageSequence

from arena.core.errors import RowError
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.readers.clips import MOST_SIDE, STEADY, Clip, Frame, check_clip, clip_length
from arena.studies.readers.mp4 import mp4_clip
from arena.studies.readers.webm import clip_asset, webm_clip

MOST_PIXELS = 40 * MOST_SIDE**2
"""Of all frames of an animated picture together."""
QUALITY = 95
ANIMATED = ("GIF", "WEBP", "PNG")
EBML, FTYP = b"\x1a\x45\xdf\xa3", b"ftyp"


def clean_video(file: SourceFile) -> NewAsset:
    """A WebM (VP8, VP9), an MP4 (H.264) or an animated GIF, WebP or PNG; sound is left out.

    The frames are written anew by our own writers, so that no tag, name, date, encoder's mark or
    trailing byte can come along. Raises ``RowError``.
    """
    if file.data.startswith(EBML):
        return webm_clip(file)
    if file.data[4:8] == FTYP:
        return mp4_clip(file)
    return clip_asset(_animation(file))


def is_animated(file: SourceFile) -> bool:
    """Whether a picture has several frames; what is no picture has none."""
    try:
        with Image.open(io.BytesIO(file.data), formats=ANIMATED) as image:
            return int(getattr(image, "n_frames", 1)) > 1
    except Exception:  # whoever reads it next tells what is wrong
        return False


def frames_clip(pictures: Iterable[tuple[float, Image.Image]]) -> Clip:
    """Pictures of one size with their times in seconds, as key frames of VP8."""
    frames, size = [], (0, 0)
    for time, picture in pictures:
        frames.append(Frame(time, True, vp8_frame(picture)))
        size = picture.size
    return Clip("V_VP8", *size, tuple(frames), clip_length([frame.time for frame in frames]))


def vp8_frame(picture: Image.Image) -> bytes:
    """One picture as a key frame of VP8: a lossy WebP file holds just that, in a chunk."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "WEBP", quality=QUALITY, method=0)
    body = buffer.getvalue()
    place = 12
    while body[place : place + 4] != b"VP8 ":
        place += 8 + _padded(int.from_bytes(body[place + 4 : place + 8], "little"))
    size = int.from_bytes(body[place + 4 : place + 8], "little")
    return body[place + 8 : place + 8 + size]


def _padded(size: int) -> int:
    return size + size % 2


def _animation(file: SourceFile) -> Clip:
    try:
        with Image.open(io.BytesIO(file.data), formats=ANIMATED) as image:
            _check_animation(file.name, image)
            clip = frames_clip(_pictures(image))
    except RowError:
        raise
    except Exception as error:  # a damaged file makes its reader stumble in any way
        raise RowError(f"is no clip that is read, or is damaged ({error})", file.name) from error
    count, seconds = len(clip.frames), clip.seconds
    check_clip(file.name, width=clip.width, height=clip.height, frames=count, seconds=seconds)
    return clip


def _check_animation(name: str, image: Image.Image) -> None:
    count = getattr(image, "n_frames", 1)
    width, height = image.size
    if count < 2:
        raise RowError("is a still picture: give a clip of two frames or more", name)
    check_clip(name, width=width, height=height, frames=count, seconds=1)
    if count * width * height > MOST_PIXELS:
        raise RowError("has far too many pixels in all frames together", name)


def _pictures(image: Image.Image) -> Iterator[tuple[float, Image.Image]]:
    time = 0.0
    for picture in ImageSequence.Iterator(image):
        yield time, picture
        time += float(picture.info.get("duration") or 0) / 1000 or STEADY
