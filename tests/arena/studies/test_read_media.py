"""Clips, sounds and arrays as they come: what is kept, what stays behind, what is refused."""

import io
import struct
import wave
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from arena.core.errors import RowError
from arena.studies.new_case import NewAsset, SourceFile
from arena.studies.readers.arrays import array_of, clean_array
from arena.studies.readers.clips import Clip, Frame
from arena.studies.readers.mp4 import boxes
from arena.studies.readers.sounds import clean_sound, wav_bytes, wav_samples
from arena.studies.readers.videos import clean_video, vp8_frame
from arena.studies.readers.webm import element, is_key, webm_bytes
from tests import media


def video(data: bytes) -> NewAsset:
    return clean_video(SourceFile("clip", data))


def sound(data: bytes) -> NewAsset:
    return clean_sound(SourceFile("sound.wav", data))


def array(data: bytes) -> NewAsset:
    return clean_array(SourceFile("values.npy", data))


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (media.webm(), "video/webm"),
        (media.gif(), "video/webm"),
        (media.mp4(), "video/mp4"),
    ],
    ids=["webm", "gif", "mp4"],
)
def test_a_clip_keeps_size_frames_and_times_and_nothing_that_was_said_of_it(
    data: bytes, media_type: str
) -> None:
    assert b"Quetz" in data
    clean = video(data)
    assert clean.media_type == media_type
    assert (clean.meta["width"], clean.meta["height"], clean.meta["frames"]) == (128, 96, 3)
    assert clean.meta["seconds"] == pytest.approx(0.6, abs=0.2)
    assert b"Quetz" not in clean.data
    assert media.SECRET not in clean.data


@pytest.mark.parametrize("data", [media.webm(), media.mp4()], ids=["webm", "mp4"])
def test_a_clean_clip_is_its_own_clean_form(data: bytes) -> None:
    once = video(data)
    assert video(once.data).data == once.data


def test_other_tags_and_brands_give_the_same_bytes() -> None:
    assert video(media.webm()).data == video(media.webm(secret=b"made by Wombat 9")).data
    assert video(media.mp4()).data == video(media.mp4(brand=b"mp42")).data


def test_an_encoders_mark_inside_the_frames_is_left_out() -> None:
    clean = video(media.mp4())
    frames = boxes(clean.data)[b"mdat"][0]
    bare = [media.unit(media.h264_frame(grey, i)) for i, grey in enumerate(media.GREYS)]
    assert frames == b"".join(bare)


def test_frames_of_an_animation_come_out_as_they_went_in() -> None:
    pixels = np.asarray(media.picture(120), dtype=float)
    frame = vp8_frame(media.picture(120))
    size = len(frame)
    riff = b"RIFF" + struct.pack("<I", size + 12) + b"WEBPVP8 " + struct.pack("<I", size) + frame
    with Image.open(io.BytesIO(riff)) as image:
        assert np.abs(np.asarray(image.convert("RGB"), dtype=float) - pixels).mean() < 2
    assert is_key("V_VP8", frame)


def test_clips_longer_than_a_block_can_count_are_written_in_several_clusters() -> None:
    frames = tuple(Frame(time, True, vp8_frame(media.picture(50))) for time in range(0, 100, 4))
    long = Clip("V_VP8", 128, 96, frames, 100.0)
    body = webm_bytes(long)
    assert video(body).meta["frames"] == 25
    assert body.count(b"\x1f\x43\xb6\x75") == 13
    dependent = tuple(Frame(f.time, f.time == 0, f.data) for f in frames)
    assert video(webm_bytes(Clip("V_VP8", 128, 96, dependent, 100.0))).meta["seconds"] > 95


def test_a_live_recording_whose_parts_have_no_length_is_read() -> None:
    body = media.webm()
    for name in (b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"):
        place = body.index(name) + 4
        body = body[:place] + b"\x01" + b"\xff" * 7 + body[place + 8 :]
    assert video(body).data == video(media.webm()).data


HEADER = media.webm()[:200]
TURNED = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no clip"),
        (b"<script>alert(1)</script>", "no clip"),
        (media.png(), "still picture"),
        (media.gif()[:200], "still picture"),
        (HEADER, "damaged|0 video tracks|0 frames|longer than"),
        (media.webm()[:-3000], "damaged"),
        (media.webm().replace(b"V_VP8", b"V_AV1"), "V_AV1"),
        (element(0x1A45DFA3, b""), "0 video tracks"),
        (media.webm() + element(0x1654AE6B, element(0xAE, element(0x83, b"\1"))), "2 video tracks"),
        (media.mp4()[:-400], "no MP4"),
        (media.mp4().replace(b"avc1", b"hev1"), "hev1"),
        (media.mp4().replace(b"moov", b"moof"), "fragments|lacks"),
        (media.mp4(tkhd=bytes(40) + TURNED + bytes(8)), "turned"),
        (media.mp4(stts=bytes(4) + struct.pack(">III", 1, 2, 200)), "times"),
        (media.mp4(stts=bytes(4) + struct.pack(">III", 1, 3, 0)), "seconds"),
        (media.mp4(stco=bytes(4) + struct.pack(">IIII", 3, 9, 9, 10**9)), "beyond|cut off"),
        (media.mp4(stsc=bytes(4) + struct.pack(">IIII", 1, 1, 2, 1)), "places"),
        (media.mp4(stsz=bytes(4) + struct.pack(">II", 1, 10**9)), "frames"),
        (media.mp4(mdhd=bytes(12) + struct.pack(">IIHH", 0, 600, 0, 0)), "no MP4"),
        (media.mp4(avcC=b"\1\x42\0\x0a\xff\xe1\0"), "no MP4"),
    ],
)
def test_a_clip_that_cannot_be_shown_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(RowError, match=problem):
        video(data)


def test_frames_that_share_their_bytes_do_not_unpack_to_more_than_the_file() -> None:
    size = len(media.mp4((50,))) // 2
    every = {
        "stts": bytes(4) + struct.pack(">III", 1, 900, 20),
        "stsz": bytes(4) + struct.pack(">II", size, 900),
        "stco": bytes(4) + struct.pack(">I900I", 900, *[24] * 900),
    }
    with pytest.raises(RowError, match="longer than the file"):
        video(media.mp4((50,), **every))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_to_a_clip_is_worse_than_a_refusal(data: st.DataObject) -> None:
    whole = data.draw(
        st.sampled_from([media.webm((50, 90)), media.mp4((50, 90)), media.gif((50, 90))])
    )
    place = data.draw(st.integers(0, len(whole) - 1))
    broken = whole[:place] + data.draw(st.binary(max_size=12)) + whole[place + 4 :]
    try:
        clean = video(broken)
    except RowError:
        return
    assert clean.meta["frames"] >= 1


def test_a_hidden_track_and_its_samples_do_not_come_along() -> None:
    """Sound is another track; what no video frame refers to is not copied."""
    body = media.mp4()
    place = body.index(b"mdat") - 4
    hidden = body[:place] + media.box(b"free", media.SECRET * 50) + body[place:]
    with pytest.raises(RowError):
        video(hidden)  # all its places are now wrong: refused, or frames would be garbage
    assert media.SECRET not in video(body + media.box(b"free", media.SECRET)).data


@pytest.mark.parametrize(
    ("kind", "bits", "pack"),
    [
        (1, 8, lambda x: np.rint(x * 127 + 128).astype(np.uint8).tobytes()),
        (1, 16, lambda x: np.rint(x * 32767).astype("<i2").tobytes()),
        (1, 24, lambda x: b"".join(int(v * 8388607).to_bytes(3, "little", signed=True) for v in x)),
        (1, 32, lambda x: np.rint(x * 2147483000).astype("<i4").tobytes()),
        (3, 32, lambda x: x.astype("<f4").tobytes()),
        (3, 64, lambda x: x.astype("<f8").tobytes()),
    ],
)
def test_samples_of_every_width_become_the_same_sound(kind: int, bits: int, pack: Any) -> None:
    wave_ = 0.5 * np.sin(np.arange(800) / 7)
    form = struct.pack("<HHIIHH", kind, 1, 8000, 8000 * bits // 8, bits // 8, bits)
    data = pack(wave_)
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    clean = sound(b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks)
    samples, rate = wav_samples(clean.data)
    assert rate == 8000
    assert np.abs(samples[:, 0] - wave_).max() < 0.01
    assert clean.meta["rms"] == pytest.approx(0.354, abs=0.01)


def test_a_sound_keeps_its_samples_and_no_tag() -> None:
    clean = sound(media.wav())
    assert media.SECRET in media.wav()
    assert media.SECRET not in clean.data
    with wave.open(io.BytesIO(clean.data)) as played:
        assert (played.getnframes(), played.getframerate(), played.getsampwidth()) == (
            4000,
            8000,
            2,
        )
    assert sound(clean.data).data == clean.data
    stereo = wav_bytes(np.zeros((10, 2)), 44100)
    assert sound(stereo).meta["channels"] == 2


def wav_with(**changes: int) -> bytes:
    """A WAV whose header says something else."""
    fields = {"kind": 1, "channels": 1, "rate": 8000, "bits": 16, **changes}
    form = struct.pack(
        "<HHIIHH", fields["kind"], fields["channels"], fields["rate"], 0, 2, fields["bits"]
    )
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", 4) + b"\0\0\1\0"
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "does not begin"),
        (b"ID3" + bytes(50), "does not begin"),
        (media.wav()[:100], "cut off"),
        (wav_with(channels=6), "6 channels"),
        (wav_with(channels=0), "0 channels"),
        (wav_with(rate=3), "3 samples a second"),
        (wav_with(kind=85), "format 85"),
        (wav_with(bits=0), "0 bits"),
        (b"RIFF\x04\0\0\0WAVE", "no samples"),
    ],
)
def test_a_sound_that_cannot_be_played_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(RowError, match=problem):
        sound(data)


def test_an_array_keeps_its_numbers_and_gets_its_range() -> None:
    image = np.arange(12, dtype=np.int16).reshape(3, 4)
    clean = array(media.npy(image))
    assert clean.meta == {"frames": 1, "height": 3, "width": 4, "low": 0.11, "high": 10.89}
    assert (array_of(clean.data) == image[None]).all()
    assert array(media.npy(np.zeros((5, 3, 4)))).meta["frames"] == 5


HUGE = b"\x93NUMPY\x01\x00" + struct.pack("<H", 90) + (
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (2000, 2000), }".ljust(89) + b"\n"
)  # fmt: skip


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no array"),
        (b"\x93NUMPY\x09\x00", "version"),
        (HUGE, "cut off"),
        (media.npy(np.zeros((2, 2), dtype=complex)), "complex"),
        (media.npy(np.array([[object()]], dtype=object)), "object"),
        (media.npy(np.array(["a"])), "not real"),
        (media.npy(np.zeros(5)), "shape"),
        (media.npy(np.zeros((2, 0))), "shape"),
        (media.npy(np.zeros((3000, 2))), "shape"),
        (media.npy(np.array([[1.0, np.nan]])), "no finite"),
        (media.npy(np.zeros((4, 4)))[:-8], "expected 128 bytes|cut off"),
    ],
)
def test_an_array_that_cannot_be_shown_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(RowError, match=problem):
        array(data)


def test_an_element_is_as_long_as_it_says() -> None:
    assert element(0xEC, b"ab") == b"\xec\x01\0\0\0\0\0\0\x02ab"
