"""WebM (EBML): the frames of its one video track, and a clip written as WebM.

Source: RFC 8794 (EBML), RFC 9559 (Matroska), webmproject.org/docs/container.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from arena.core.errors import RowError
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.readers.clips import CLIP, Clip, Frame, check_clip, clip_length, clip_meta

# Elements whose inside is read on; all others are skipped, or are numbers and bytes below.
SEGMENT, INFO, CLUSTER, GROUP = 0x18538067, 0x1549A966, 0x1F43B675, 0xA0
TRACKS, TRACK, VIDEO, ENCODINGS = 0x1654AE6B, 0xAE, 0xE0, 0x6D80
OPENED = {SEGMENT, INFO, CLUSTER, GROUP, TRACKS, TRACK, VIDEO}
HEADER, SCALE, TIME, SIMPLE_BLOCK, BLOCK = 0x1A45DFA3, 0x2AD7B1, 0xE7, 0xA3, 0xA1
NUMBER, TYPE, CODEC, WIDTH, HEIGHT = 0xD7, 0x83, 0x86, 0xB0, 0xBA
UNKNOWN_SIZE = 0x00FFFFFFFFFFFFFF
MOST_ELEMENTS = 200_000
CLUSTER_SECONDS = 5.0
CODECS = ("V_VP8", "V_VP9")


@dataclass
class Track:
    number: int = 0
    kind: int = 0
    codec: str = ""
    width: int = 0
    height: int = 0
    encoded: bool = False


@dataclass
class Found:
    """What has been read so far."""

    scale: int = 1_000_000
    tracks: list[Track] = field(default_factory=list)
    cluster: int = 0
    blocks: list["Block"] = field(default_factory=list)


@dataclass(frozen=True)
class Block:
    track: int
    time: int
    """In units of the scale."""
    laced: bool
    """Whether several frames share it, as frames of sound may."""
    data: bytes


def webm_clip(file: SourceFile) -> NewAsset:
    return clip_asset(clip_frames(file))


def clip_frames(file: SourceFile) -> Clip:
    """The frames of a WebM as they are coded; raises ``RowError``."""
    try:
        found = _read(file.data)
    except (IndexError, struct.error, ValueError) as error:
        raise RowError(f"is a truncated or damaged WebM ({error})", file.name) from error
    videos = [track for track in found.tracks if track.kind == 1]
    if len(videos) != 1:
        raise RowError(f"holds {len(videos)} video tracks: there must be one", file.name)
    track = videos[0]
    if track.codec not in CODECS or track.encoded:
        raise RowError(f"is coded as {track.codec or 'nothing'}: use VP8 or VP9", file.name)
    return _clip(file.name, found, track)


def _clip(name: str, found: Found, track: Track) -> Clip:
    own = [block for block in found.blocks if block.track == track.number and block.data]
    if any(block.laced for block in own):
        raise RowError("has several frames in one block", name)
    first = min((block.time for block in own), default=0)
    frames = [
        Frame((b.time - first) * found.scale / 1e9, is_key(track.codec, b.data), b.data)
        for b in own
    ]
    length = clip_length([frame.time for frame in frames])
    check_clip(name, width=track.width, height=track.height, frames=len(own), seconds=length)
    if not frames[0].key:
        raise RowError("does not begin with a key frame", name)
    return Clip(track.codec, track.width, track.height, tuple(frames), length)


def is_key(codec: str, data: bytes) -> bool:
    """By the frame's own first bits (RFC 6386, 9.1; VP9 bitstream specification, 6.2)."""
    if codec == "V_VP8":
        return data[0] & 1 == 0
    profile_three = data[0] & 0b0011_0000 == 0b0011_0000
    shows_old, inter = (0b100, 0b10) if profile_three else (0b1000, 0b100)
    return not data[0] & shows_old and not data[0] & inter


# Reading ----------------------------------------------------------------------------------------
def _read(data: bytes) -> Found:
    found = Found()
    for count, (name, body) in enumerate(_elements(data)):
        if count > MOST_ELEMENTS:
            raise ValueError("it has too many parts")
        _take(found, name, body)
    return found


def _take(found: Found, name: int, body: bytes) -> None:
    track = found.tracks[-1] if found.tracks else Track()
    if name == TRACK:
        found.tracks.append(Track())
    elif name == SCALE:
        found.scale = _whole(body) or 1_000_000
    elif name == TIME:
        found.cluster = _whole(body)
    elif name in (SIMPLE_BLOCK, BLOCK):
        found.blocks.append(_block(found.cluster, body))
    elif name == CODEC:
        track.codec = body.rstrip(b"\0").decode("ascii", "replace")[:20]
    elif name == ENCODINGS:
        track.encoded = True
    elif name in (NUMBER, TYPE, WIDTH, HEIGHT):
        places = {NUMBER: "number", TYPE: "kind", WIDTH: "width", HEIGHT: "height"}
        setattr(track, places[name], _whole(body))


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """All elements in order, with the inside of those that are opened following them.

    Since nothing depends on where an opened element ends, one of unknown size, as live recorders
    write them, needs no care.
    """
    place = 0
    while place < len(data):
        name, place = _vint(data, place, keep_marker=True)
        size, place = _vint(data, place)
        if name in OPENED:
            yield name, b""
            continue
        if size == UNKNOWN_SIZE or place + size > len(data):
            raise ValueError(f"element {name:X} is longer than the file")
        yield name, data[place : place + size]
        place += size


def _vint(data: bytes, place: int, *, keep_marker: bool = False) -> tuple[int, int]:
    """A number of one to eight bytes, and the place after it."""
    first = data[place]
    if first == 0:
        raise ValueError(f"no element begins at byte {place}")
    length = 9 - first.bit_length()
    if place + length > len(data):
        raise ValueError("it ends in the middle of an element")
    value = int.from_bytes(data[place : place + length])
    if not keep_marker:
        value &= (1 << 7 * length) - 1
        if value == (1 << 7 * length) - 1:
            value = UNKNOWN_SIZE
    return value, place + length


def _block(cluster: int, body: bytes) -> Block:
    number, place = _vint(body, 0)
    (offset,) = struct.unpack(">h", body[place : place + 2])
    laced = bool(body[place + 2] & 0b0110)
    return Block(number, cluster + offset, laced, body[place + 3 :])


def _whole(body: bytes) -> int:
    if len(body) > 8:
        raise ValueError("a number is too long")
    return int.from_bytes(body)


# Writing ----------------------------------------------------------------------------------------
def clip_asset(clip: Clip) -> NewAsset:
    """A clip as WebM."""
    size = {"width": clip.width, "height": clip.height}
    meta = clip_meta(**size, seconds=clip.seconds, frames=len(clip.frames))
    return NewAsset(CLIP, "video/webm", webm_bytes(clip), meta)


def webm_bytes(clip: Clip) -> bytes:
    """The clip with a table of its key frames in front, so that players can seek at once."""
    clusters = [_cluster(frames) for frames in _clusters(clip.frames)]
    starts = [frames[0].time for frames in _clusters(clip.frames)]
    head = _info(clip) + _track(clip)
    offset = len(head) + len(_cues(starts, [0] * len(starts)))
    places = []
    for cluster in clusters:
        places.append(offset)
        offset += len(cluster)
    return _ebml_header() + element(SEGMENT, head + _cues(starts, places) + b"".join(clusters))


def element(name: int, body: bytes) -> bytes:
    """With a size of eight bytes, so that lengths do not depend on numbers inside."""
    return _name(name) + struct.pack(">Q", len(body) | 1 << 56) + body


def _name(name: int) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8)


def _number(name: int, value: int) -> bytes:
    return element(name, struct.pack(">Q", value))


def _text(name: int, value: str) -> bytes:
    return element(name, value.encode("ascii"))


def _ebml_header() -> bytes:
    versions = [(0x4286, 1), (0x42F7, 1), (0x42F2, 4), (0x42F3, 8), (0x4287, 4), (0x4285, 2)]
    return element(HEADER, b"".join(_number(*each) for each in versions) + _text(0x4282, "webm"))


def _info(clip: Clip) -> bytes:
    length = element(0x4489, struct.pack(">d", clip.seconds * 1000))
    makers = _text(0x4D80, "arena") + _text(0x5741, "arena")  # both are mandatory
    return element(INFO, _number(SCALE, 1_000_000) + makers + length)


def _track(clip: Clip) -> bytes:
    size = element(VIDEO, _number(WIDTH, clip.width) + _number(HEIGHT, clip.height))
    ids = _number(NUMBER, 1) + _number(0x73C5, 1) + _number(TYPE, 1) + _number(0x9C, 0)
    return element(TRACKS, element(TRACK, ids + _text(CODEC, clip.codec) + size))


def _cues(starts: Sequence[float], places: Sequence[int]) -> bytes:
    points = [
        element(
            0xBB, _number(0xB3, _ms(time)) + element(0xB7, _number(0xF7, 1) + _number(0xF1, at))
        )
        for time, at in zip(starts, places, strict=True)
    ]
    return element(0x1C53BB6B, b"".join(points))


def _clusters(frames: Sequence[Frame]) -> Iterator[list[Frame]]:
    """Runs of frames; each begins with a key frame where there is one in time."""
    run: list[Frame] = []
    for frame in frames:
        length = frame.time - run[0].time if run else 0.0
        if (length >= CLUSTER_SECONDS and frame.key) or length >= 4 * CLUSTER_SECONDS:
            yield run
            run = []
        run.append(frame)
    if run:
        yield run


def _cluster(frames: Sequence[Frame]) -> bytes:
    start = _ms(frames[0].time)
    blocks = [
        element(SIMPLE_BLOCK, struct.pack(">BhB", 0x81, _ms(f.time) - start, 0x80 * f.key) + f.data)
        for f in frames
    ]
    return element(CLUSTER, _number(TIME, start) + b"".join(blocks))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
