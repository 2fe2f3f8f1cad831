"""JPEG tiles of slides: only the segments that make the picture, nothing said beside it."""

from dataclasses import dataclass

SOI, EOI, SOS, ADOBE, START = 0xD8, 0xD9, 0xDA, 0xEE, 0xFF
FRAMES = {0xC0, 0xC1, 0xC2}
KEPT = {*FRAMES, 0xC4, 0xDB, 0xDD}
SKIPPED = {*range(0xE0, 0xF0), 0xFE}
AS_RGB = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
"""Says that the three channels are red, green and blue; without it every reader guesses."""


@dataclass(frozen=True)
class CleanJpeg:
    data: bytes
    width: int
    height: int
    rgb: bool
    subsampling: tuple[int, int]


def clean_jpeg(tile: bytes, tables: bytes | None, *, rgb: bool) -> CleanJpeg:
    """A whole JPEG of a tile and the tables it shares; raises ``ValueError`` if it is none."""
    shared = b"".join(part for _, part in _segments(tables)) if tables else b""
    parts, frame, scan = [], b"", -1
    for marker, part in _segments(tile):
        if marker in FRAMES:
            frame = part
        parts.append(part)
        scan = marker
    if not frame or scan != SOS or not tile.rstrip(b"\0").endswith(b"\xff\xd9"):
        raise ValueError("a tile is no complete JPEG")
    height, width = (int.from_bytes(frame[i : i + 2]) for i in (5, 7))
    if frame[9] != 3 or not (0 < width <= 8192 and 0 < height <= 8192):
        raise ValueError(f"a tile has {frame[9]} channels or {width} x {height} pixels")
    head = b"\xff\xd8" + (AS_RGB if rgb else b"")
    data = head + shared + b"".join(parts)
    sampling = (frame[11] >> 4, frame[11] & 15)
    return CleanJpeg(data, width, height, rgb, (1, 1) if rgb else sampling)


def _segments(data: bytes) -> list[tuple[int, bytes]]:
    """The segments that make the picture, in order; the last one carries the scan to its end."""
    if data[:2] != b"\xff\xd8":
        raise ValueError("a tile does not begin like a JPEG")
    found: list[tuple[int, bytes]] = []
    place = 2
    while place + 4 <= len(data):
        if data[place] != START:
            raise ValueError("a tile is damaged")
        marker = data[place + 1]
        if marker == EOI:
            break
        size = int.from_bytes(data[place + 2 : place + 4])
        if marker == SOS:
            return [*found, (SOS, data[place:].rstrip(b"\0"))]
        if marker not in KEPT | SKIPPED or size < 2:
            raise ValueError(f"a tile has the marker {marker:#x}, which is not read")
        if marker in KEPT:
            found.append((marker, data[place : place + 2 + size]))
        place += 2 + size
    return found
