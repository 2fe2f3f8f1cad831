"""MP4 (ISO base media): its one H.264 track, written anew with nothing but frames and times.

Source: ISO/IEC 14496-12 (boxes), 14496-15 (H.264 in them), ITU-T H.264 7.3.1 and Annex D.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arena.core.errors import RowError
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.readers.clips import CLIP, MOST_FRAMES, check_clip, clip_meta

KEPT_UNITS = {1, 5, 7, 8}
"""Slices and parameter sets. What encoders say of themselves is in others (SEI, 6)."""
UNTURNED = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
RATE = 90_000
"""Units of time in a second, in what is written."""


@dataclass(frozen=True)
class Sample:
    duration: int
    """In units of the track's clock, as ``shift``."""
    shift: int
    """How much later it is shown than decoded."""
    key: bool
    data: bytes


@dataclass(frozen=True)
class Film:
    width: int
    height: int
    config: bytes
    """The decoder's configuration (avcC), parameter sets only."""
    clock: int
    samples: tuple[Sample, ...]

    @property
    def seconds(self) -> float:
        return sum(sample.duration for sample in self.samples) / self.clock


def mp4_clip(file: SourceFile) -> NewAsset:
    try:
        film = _film(file.data)
        count, seconds = len(film.samples), film.seconds
    except (KeyError, IndexError, struct.error, ValueError, ZeroDivisionError) as error:
        told = f"lacks a part ({error})" if isinstance(error, KeyError) else str(error)
        raise RowError(f"is no MP4 that is read: {told}", file.name) from error
    check_clip(file.name, width=film.width, height=film.height, frames=count, seconds=seconds)
    meta = clip_meta(width=film.width, height=film.height, seconds=seconds, frames=count)
    return NewAsset(CLIP, "video/mp4", mp4_bytes(film), meta)


# Reading ----------------------------------------------------------------------------------------
Boxes = dict[bytes, list[bytes]]


def boxes(data: bytes) -> Boxes:
    """The boxes of one level by type, in order."""
    found: Boxes = {}
    place = 0
    while place + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        head = 8
        if size == 1:
            size, head = struct.unpack(">Q", data[place + 8 : place + 16])[0], 16
        elif size == 0:
            size = len(data) - place
        if size < head or place + size > len(data):
            raise ValueError("a part is longer than the file")
        found.setdefault(kind, []).append(data[place + head : place + size])
        place += size
    return found


def _film(data: bytes) -> Film:
    top = boxes(data)
    if b"moof" in top:
        raise ValueError("it is written in fragments: write it in one piece")
    tracks = [boxes(track) for track in boxes(_one(top, b"moov")).get(b"trak", [])]
    videos = [track for track in tracks if _handler(track) == b"vide"]
    if len(videos) != 1:
        raise ValueError(f"it holds {len(videos)} video tracks: there must be one")
    header = _one(videos[0], b"tkhd")
    if header[-44:-8] != UNTURNED:
        raise ValueError("its header turns the picture: write the pixels turned")
    media = boxes(_one(videos[0], b"mdia"))
    table = boxes(_one(boxes(_one(media, b"minf")), b"stbl"))
    width, height, given = _description(_one(table, b"stsd"))
    samples = tuple(_samples(table, data, length=(given[4] & 3) + 1))
    return Film(width, height, _config(given), _clock(_one(media, b"mdhd")), samples)


def _one(found: Boxes, kind: bytes) -> bytes:
    if len(found[kind]) != 1:
        raise ValueError(f"it has several parts {kind.decode('ascii', 'replace')}")
    return found[kind][0]


def _handler(track: Boxes) -> bytes:
    return _one(boxes(_one(track, b"mdia")), b"hdlr")[8:12]


def _clock(header: bytes) -> int:
    (clock,) = struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)
    return int(clock)


def _description(table: bytes) -> tuple[int, int, bytes]:
    """Width, height and the decoder's configuration of the one kind of frame there is."""
    entries = boxes(table[8:])
    if list(entries) != [b"avc1"] or len(entries[b"avc1"]) != 1:
        kinds = ", ".join(kind.decode("ascii", "replace") for kind in entries)
        raise ValueError(f"it is coded as {kinds}: use H.264 (avc1), or VP9 in WebM")
    entry = entries[b"avc1"][0]
    width, height = struct.unpack_from(">HH", entry, 24)
    return width, height, _one(boxes(entry[78:]), b"avcC")


def _config(given: bytes) -> bytes:
    """The configuration rebuilt from its parameter sets; units have lengths of four bytes in it."""
    sets, place = [], 5
    for mask in (0x1F, 0xFF):
        count, place = given[place] & mask, place + 1
        own = []
        for _ in range(count):
            (size,) = struct.unpack_from(">H", given, place)
            own.append(given[place : place + 2 + size])
            place += 2 + size
        sets.append(own)
    if place > len(given):
        raise ValueError("its parameter sets are cut off")
    head = bytes([1, *given[1:4], 0xFF, 0xE0 | len(sets[0])])
    more = given[place : place + 3] + b"\0" if len(given) >= place + 4 else b""
    return head + b"".join(sets[0]) + bytes([len(sets[1])]) + b"".join(sets[1]) + more


def _samples(table: Boxes, data: bytes, *, length: int) -> Iterator[Sample]:
    """Each frame; ``length`` is how many bytes say how long a unit is."""
    sizes = _sizes(_one(table, b"stsz"))
    if sum(sizes) > len(data):
        raise ValueError("its frames are longer than the file")
    durations = _runs(_one(table, b"stts"), len(sizes))
    if min(durations, default=0) < 0:
        raise ValueError("a frame lasts less than no time")
    shifts = _runs(_one(table, b"ctts"), len(sizes)) if b"ctts" in table else [0] * len(sizes)
    keys = set(_numbers(_one(table, b"stss"))) if b"stss" in table else None
    for i, (place, size) in enumerate(zip(_places(table, sizes), sizes, strict=True)):
        if place + size > len(data):
            raise ValueError("a frame lies beyond the end of the file")
        units = b"".join(_units(data[place : place + size], length))
        yield Sample(durations[i], shifts[i], keys is None or i + 1 in keys, units)


def _units(sample: bytes, length: int) -> Iterator[bytes]:
    """The units of a frame that are kept, with lengths of four bytes."""
    place = 0
    while place + length < len(sample):
        size = int.from_bytes(sample[place : place + length])
        unit = sample[place + length : place + length + size]
        if not size or len(unit) != size:
            raise ValueError("a frame is cut off")
        if unit[0] & 0x1F in KEPT_UNITS:
            yield struct.pack(">I", size) + unit
        place += length + size


def _sizes(body: bytes) -> Sequence[int]:
    every, count = struct.unpack_from(">II", body, 4)
    if count > MOST_FRAMES:
        raise ValueError(f"it has {count:,} frames; at most {MOST_FRAMES:,} fit")
    return [every] * count if every else list(struct.unpack_from(f">{count}I", body, 12))


def _runs(body: bytes, count: int) -> list[int]:
    """Values given as runs (how many, which), one for each frame."""
    (n,) = struct.unpack_from(">I", body, 4)
    values: list[int] = []
    for i in range(min(n, count)):
        times, value = struct.unpack_from(">Ii", body, 8 + 8 * i)
        values += [value] * min(times, count - len(values))
    if len(values) != count or max(map(abs, values), default=0) > 2**30:
        raise ValueError("its table of times does not fit its frames")
    return values


def _numbers(body: bytes) -> Sequence[int]:
    (n,) = struct.unpack_from(">I", body, 4)
    return struct.unpack_from(f">{min(n, MOST_FRAMES)}I", body, 8)


def _places(table: Boxes, sizes: Sequence[int]) -> Iterator[int]:
    """Where in the file each frame begins."""
    wide = b"co64" in table
    body = _one(table, b"co64" if wide else b"stco")
    (n,) = struct.unpack_from(">I", body, 4)
    chunks = struct.unpack_from(f">{min(n, MOST_FRAMES)}{'Q' if wide else 'I'}", body, 8)
    frame = 0
    for start, count in zip(chunks, _per_chunk(_one(table, b"stsc"), len(chunks)), strict=True):
        place = start
        for size in sizes[frame : frame + count]:
            yield place
            place += size
        frame += count
    if frame != len(sizes):
        raise ValueError("its table of places does not fit its frames")


def _per_chunk(body: bytes, chunks: int) -> Iterator[int]:
    (n,) = struct.unpack_from(">I", body, 4)
    entries = [struct.unpack_from(">III", body, 8 + 12 * i) for i in range(min(n, chunks))]
    for (first, count, _), after in zip(
        entries, [*(e[0] for e in entries[1:]), chunks + 1], strict=True
    ):
        for _ in range(max(0, min(after, chunks + 1) - first)):
            yield count


# Writing ----------------------------------------------------------------------------------------
def mp4_bytes(film: Film) -> bytes:
    """Header first, then all frames in one piece."""
    ftyp = box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41")
    size = len(ftyp) + len(_moov(film, 0)) + 8
    return ftyp + _moov(film, size) + box(b"mdat", b"".join(s.data for s in film.samples))


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", flags), *parts)


def _moov(film: Film, first: int) -> bytes:
    length = round(film.seconds * RATE)
    zeros = bytes(8)
    mvhd = _full(
        b"mvhd",
        zeros,
        struct.pack(">IIIH", RATE, length, 0x10000, 0x100),
        bytes(10),
        UNTURNED,
        bytes(24),
        struct.pack(">I", 2),
    )
    size = struct.pack(">II", film.width << 16, film.height << 16)
    tkhd = _full(
        b"tkhd", zeros, struct.pack(">III", 1, 0, length), bytes(16), UNTURNED, size, flags=3
    )
    start = min(sample.shift for sample in film.samples)
    elst = _full(b"elst", struct.pack(">IIiHH", 1, length, start, 1, 0))
    return box(b"moov", mvhd, box(b"trak", tkhd, box(b"edts", elst), _mdia(film, first)))


def _mdia(film: Film, first: int) -> bytes:
    length = sum(sample.duration for sample in film.samples)
    mdhd = _full(b"mdhd", bytes(8), struct.pack(">IIHH", film.clock, length, 0x55C4, 0))
    hdlr = _full(b"hdlr", bytes(4), b"vide", bytes(13))
    dinf = box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
    minf = box(b"minf", _full(b"vmhd", bytes(8), flags=1), dinf, _stbl(film, first))
    return box(b"mdia", mdhd, hdlr, minf)


def _stbl(film: Film, first: int) -> bytes:
    samples, n = film.samples, len(film.samples)
    keys = [i for i, sample in enumerate(samples, start=1) if sample.key]
    entry = (
        bytes(6) + struct.pack(">H", 1) + bytes(16) + struct.pack(">HH", film.width, film.height)
    )
    rest = struct.pack(">IIIH", 0x480000, 0x480000, 0, 1) + bytes(32) + struct.pack(">Hh", 24, -1)
    stsd = _full(
        b"stsd", struct.pack(">I", 1), box(b"avc1", entry, rest, box(b"avcC", film.config))
    )
    return box(
        b"stbl",
        stsd,
        _table(b"stts", [(1, sample.duration) for sample in samples]),
        _table(b"ctts", [(1, sample.shift) for sample in samples]),
        _table(b"stss", [(key,) for key in keys]),
        _table(b"stsc", [(1, n, 1)]),
        _full(
            b"stsz", struct.pack(">II", 0, n), *(struct.pack(">I", len(s.data)) for s in samples)
        ),
        _table(b"stco", [(first,)]),
    )


def _table(kind: bytes, rows: Sequence[tuple[int, ...]]) -> bytes:
    """Version 1 reads shifts as signed, as they may be."""
    version = 1 << 24 if kind == b"ctts" else 0
    body = b"".join(struct.pack(f">{len(row)}i", *row) for row in rows)
    return _full(kind, struct.pack(">I", len(rows)), body, flags=version)
