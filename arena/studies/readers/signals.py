"""Sampled signals, however they came, as one array of numbers that holds nothing else."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arena.core.errors import RowError
from arena.studies.new_case import NewAsset

SIGNAL = "signal"
MOST_VALUES = 20_000_000
MOST_CHANNELS = 64
RATES = (0.001, 20_000.0)
LONGEST_NAME = 40


@dataclass(frozen=True)
class Signals:
    names: tuple[str, ...]
    rate: float
    """Samples in a second."""
    values: NDArray[np.float64]
    """(channel, sample), in ``unit``; NaN where nothing was measured."""
    unit: str = ""

    @property
    def seconds(self) -> float:
        return float(self.values.shape[1] / self.rate)


def check_signals(signals: Signals, name: str) -> None:
    """That there is something to draw, and not too much; raises ``RowError``."""
    channels, samples = signals.values.shape
    if not 0 < channels <= MOST_CHANNELS:
        raise RowError(f"has {channels} channels; there must be 1 to {MOST_CHANNELS}", name)
    if samples < 2:
        raise RowError("has fewer than two samples", name)
    if channels * samples > MOST_VALUES:
        problem = f"has {channels * samples:,} values; at most {MOST_VALUES:,} fit: cut it"
        raise RowError(problem, name)
    if not RATES[0] <= signals.rate <= RATES[1]:
        raise RowError(f"has {signals.rate:g} samples a second, which no such signal has", name)
    if len(set(signals.names)) < channels:
        raise RowError("has two channels of one name", name)
    if not np.isfinite(signals.values).any(axis=1).all():
        raise RowError("has a channel without a single number", name)


def npy_bytes(values: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(values), allow_pickle=False)
    return buffer.getvalue()


def npy_values(data: bytes) -> NDArray[np.generic]:
    found: NDArray[np.generic] = np.load(io.BytesIO(data), allow_pickle=False)
    return found


def signal_asset(signals: Signals, stored: NDArray[np.generic], unit: str) -> NewAsset:
    meta = {
        "channels": list(signals.names),
        "rate": signals.rate,
        "seconds": round(signals.seconds, 3),
        "unit": unit,
    }
    return NewAsset(SIGNAL, "application/x-npy", npy_bytes(stored), meta)
