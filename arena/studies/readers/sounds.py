"""Sounds as WAV that hold samples and nothing else."""

import struct

import numpy as np
from numpy.typing import NDArray

from arena.core.errors import RowError
from arena.studies.new_case import NewAsset, SourceFile

SOUND = "sound"
MOST_SECONDS = 600
RATES = (4_000, 192_000)
PCM, FLOATS, EXTENSIBLE = 1, 3, 0xFFFE
Samples = NDArray[np.float64]


def clean_sound(file: SourceFile) -> NewAsset:
    """A WAV of whole numbers or floats, written anew as 16 bits; raises ``RowError``."""
    try:
        form, body = _chunks(file.data)
        rate, samples = _samples(form, body)
    except (struct.error, ValueError, KeyError) as error:
        raise RowError(f"is no WAV that is read: {error}", file.name) from error
    seconds = len(samples) / rate
    if not 0 < seconds <= MOST_SECONDS:
        raise RowError(f"lasts {seconds:.1f} seconds; at most {MOST_SECONDS} fit", file.name)
    meta = {
        "seconds": round(seconds, 3),
        "rate": rate,
        "channels": samples.shape[1],
        "rms": round(float(np.sqrt((samples**2).mean())), 5),
        "peak": round(float(np.abs(samples).max()), 5),
    }
    return NewAsset(SOUND, "audio/wav", wav_bytes(samples, rate), meta)


def wav_samples(body: bytes) -> tuple[Samples, int]:
    """(n, channels) samples from -1 to 1, and how many there are in a second."""
    form, data = _chunks(body)
    rate, samples = _samples(form, data)
    return samples, rate


def wav_bytes(samples: Samples, rate: int) -> bytes:
    whole = np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2")
    channels = samples.shape[1]
    form = struct.pack("<HHIIHH", PCM, channels, rate, rate * channels * 2, channels * 2, 16)
    data = whole.tobytes()
    body = b"WAVE" + _chunk(b"fmt ", form) + _chunk(b"data", data)
    return _chunk(b"RIFF", body)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body


def _chunks(data: bytes) -> tuple[bytes, bytes]:
    """The format and the samples; whatever else is in the file is left there."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("it does not begin like one")
    found: dict[bytes, bytes] = {}
    place = 12
    while place + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        if name == b"data" and place + 8 + size > len(data):
            raise ValueError("it is cut off")
        found.setdefault(name, data[place + 8 : place + 8 + size])
        place += 8 + size + size % 2
    if b"fmt " not in found or b"data" not in found:
        raise ValueError("it has no samples")
    return found[b"fmt "], found[b"data"]


def _samples(form: bytes, data: bytes) -> tuple[int, Samples]:
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
    if kind == EXTENSIBLE:
        (kind,) = struct.unpack_from("<H", form, 24)
    if channels not in (1, 2):
        raise ValueError(f"it has {channels} channels; one or two are played")
    if not RATES[0] <= rate <= RATES[1]:
        raise ValueError(f"it has {rate} samples a second; {RATES[0]} to {RATES[1]} are played")
    flat = _numbers(kind, bits, data)
    if not np.isfinite(flat).all():
        raise ValueError("a sample is no number")
    return rate, flat[: len(flat) // channels * channels].reshape(-1, channels)


def _numbers(kind: int, bits: int, data: bytes) -> Samples:
    width = bits // 8
    raw = data[: len(data) // max(width, 1) * width]
    if kind == FLOATS and bits in (32, 64):
        return np.clip(np.frombuffer(raw, f"<f{width}").astype(np.float64), -1, 1)
    if kind == PCM and bits == 8:
        return (np.frombuffer(raw, np.uint8).astype(np.float64) - 128) / 128
    if kind == PCM and bits in (16, 32):
        return np.frombuffer(raw, f"<i{width}") / 2.0 ** (bits - 1)
    if kind == PCM and bits == 24:
        padded = np.zeros((len(raw) // 3, 4), np.uint8)
        padded[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        return padded.view("<i4").ravel() / 2.0**31
    raise ValueError(f"its samples have format {kind} of {bits} bits: use PCM or floats")
