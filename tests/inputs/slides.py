"""Made-up slides with all that scanners put beside the tissue."""

import io
import struct

import numpy as np
from PIL import Image

from arena.studies.readers.slide_tiff import Level, pyramid_tiff

SECRET = b"Patient: DOE^JANE | MPP = 0.25 | ScanScope ID = SS1302"


def picture(width: int, height: int) -> np.ndarray:
    """Pink tissue with a dark blue square in its upper right quarter, on white glass."""
    pixels = np.full((height, width, 3), 245, np.uint8)
    pixels[height // 8 : -height // 8, width // 8 : -width // 8] = (214, 150, 190)
    pixels[height // 4 : height // 2, 5 * width // 8 : 3 * width // 4] = (60, 30, 120)
    return pixels


def jpeg(pixels: np.ndarray, *, rgb: bool = False, comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    options = {"keep_rgb": True} if rgb else {"subsampling": 0}
    image.save(buffer, "JPEG", quality=92, comment=comment, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def level(width: int, height: int, side: int = 256, *, comment: bytes = b"") -> Level:
    pixels = picture(width, height)
    down, across = -(-height // side), -(-width // side)
    whole = np.full((down * side, across * side, 3), 255, np.uint8)
    whole[:height, :width] = pixels
    tiles = tuple(
        jpeg(whole[y * side : (y + 1) * side, x * side : (x + 1) * side], comment=comment)
        for y in range(down)
        for x in range(across)
    )
    return Level(width, height, side, tiles)


def slide(
    width: int = 3000,
    height: int = 2000,
    *,
    smaller: tuple[int, ...] = (4,),
    microns: float | None = 0.25,
) -> bytes:
    """A pyramid whose tiles carry comments."""
    levels = [level(width, height, comment=SECRET)]
    levels += [level(width // by, height // by, comment=SECRET) for by in smaller]
    return pyramid_tiff(levels, microns)


def with_description(tiff: bytes) -> bytes:
    """The same file, whose first directory says whom it shows."""
    (place,) = struct.unpack_from("<I", tiff, 4)
    (count,) = struct.unpack_from("<H", tiff, place)
    entries = tiff[place + 2 : place + 2 + 12 * count]
    rest = tiff[place + 2 + 12 * count : place + 6 + 12 * count]
    text = SECRET + b"\0"
    told = struct.pack("<HHII", 270, 2, len(text), len(tiff))
    rows = sorted(
        [entries[i : i + 12] for i in range(0, len(entries), 12)] + [told],
        key=lambda row: struct.unpack_from("<H", row)[0],
    )
    out = bytearray(tiff) + text + b"\0" * (len(text) % 2)
    begin = len(out)
    out += struct.pack("<H", count + 1) + b"".join(rows) + rest
    out[4:8] = struct.pack("<I", begin)
    return bytes(out)
