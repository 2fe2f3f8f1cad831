"""A pyramid of JPEG tiles as a TIFF that holds nothing else, written and read again.

Source: Adobe, TIFF 6.0, sections 14 (tiles) and 22 (JPEG), and its technical note 2.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

JPEG, RGB, YCBCR, PER_CM = 7, 2, 6, 3
SHORT, LONG, RATIONAL = 3, 4, 5
CODES = {SHORT: "H", LONG: "I"}
MOST_BYTES = 2**32 - 2**20
Entry = tuple[int, int, Sequence[int]]


@dataclass(frozen=True)
class Level:
    """One size of the picture: its tiles row by row, each a whole JPEG."""

    width: int
    height: int
    tile: int
    tiles: tuple[bytes, ...]
    rgb: bool = False
    """Whether the JPEGs hold red, green and blue, not luminance and colour."""
    subsampling: tuple[int, int] = (1, 1)

    @property
    def across(self) -> int:
        return -(-self.width // self.tile)

    @property
    def down(self) -> int:
        return -(-self.height // self.tile)


def pyramid_tiff(levels: Sequence[Level], microns: float | None) -> bytes:
    """The largest level first; ``microns`` is the width of one of its pixels."""
    out = bytearray(b"II*\0\0\0\0\0")
    link = 4  # where the place of the next directory is written
    for number, level in enumerate(levels):
        places = []
        for tile in level.tiles:
            places.append(len(out))
            out += tile + b"\0" * (len(tile) % 2)
        scale = levels[0].width / level.width
        entries = _entries(level, number, places, microns * scale if microns else None)
        out[link : link + 4] = struct.pack("<I", len(out))
        link = _directory(out, entries)
    return bytes(out)


def _entries(
    level: Level, number: int, places: Sequence[int], microns: float | None
) -> list[Entry]:
    sizes = [len(tile) for tile in level.tiles]
    found: list[Entry] = [
        (254, LONG, [1 if number else 0]),
        (256, LONG, [level.width]),
        (257, LONG, [level.height]),
        (258, SHORT, [8, 8, 8]),
        (259, SHORT, [JPEG]),
        (262, SHORT, [RGB if level.rgb else YCBCR]),
        (277, SHORT, [3]),
        (284, SHORT, [1]),
        (322, SHORT, [level.tile]),
        (323, SHORT, [level.tile]),
        (324, LONG, places),
        (325, LONG, sizes),
    ]
    if microns:
        per_cm = [round(10_000 / microns * 1000), 1000]
        found += [(282, RATIONAL, per_cm), (283, RATIONAL, per_cm), (296, SHORT, [PER_CM])]
    if not level.rgb:
        found.append((530, SHORT, list(level.subsampling)))
    return sorted(found)


def _directory(out: bytearray, entries: Sequence[Entry]) -> int:
    """Appends a directory; returns where the place of the next one goes."""
    begin = len(out)
    beyond = begin + 2 + 12 * len(entries) + 4
    head, tail = struct.pack("<H", len(entries)), b""
    for tag, kind, values in entries:
        data = struct.pack(f"<{len(values)}{CODES.get(kind, 'I')}", *values)
        count = len(values) // 2 if kind == RATIONAL else len(values)
        if len(data) <= 4:
            head += struct.pack("<HHI", tag, kind, count) + data.ljust(4, b"\0")
        else:
            head += struct.pack("<HHII", tag, kind, count, beyond + len(tail))
            tail += data + b"\0" * (len(data) % 2)
    out += head + b"\0\0\0\0" + tail
    return begin + 2 + 12 * len(entries)
