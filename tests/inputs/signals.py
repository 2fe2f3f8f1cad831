"""Made-up signals: an ECG whose beats stand where they should, a pulse wave, vital signs."""

import io

import numpy as np
from numpy.typing import NDArray

STANDARD = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")


def beats(rate: float, seconds: float, *, per_minute: float = 75) -> NDArray[np.float64]:
    """Millivolts with an R wave of 1 mV, its P and T waves, beginning at 0.2 s."""
    times = np.arange(round(rate * seconds)) / rate
    phase = (times - 0.2) % (60 / per_minute)
    waves = ((0.0, 0.012, 1.0), (0.16, 0.012, -0.12), (0.3, 0.05, 0.25), (0.64, 0.03, 0.12))
    found = sum(height * np.exp(-(((phase - at) / wide) ** 2)) for at, wide, height in waves)
    return np.asarray(found)


def twelve(rate: float = 500, seconds: float = 10) -> NDArray[np.float64]:
    """(sample, lead), each lead a share of the same beat."""
    shares = (0.6, 1.0, 0.4, -0.8, 0.1, 0.7, -0.4, -0.2, 0.5, 1.2, 1.4, 1.0)
    return np.outer(beats(rate, seconds), shares)


def csv(names: tuple[str, ...], values: NDArray[np.float64], times: NDArray[np.float64]) -> bytes:
    lines = [",".join(("time", *names))]
    for time, row in zip(times, values, strict=True):
        cells = ("" if np.isnan(value) else f"{value:.4f}" for value in row)
        lines.append(",".join((f"{time:.4f}", *cells)))
    return "\n".join(lines).encode()


def ecg_csv(rate: float = 500, seconds: float = 10) -> bytes:
    values = twelve(rate, seconds)
    return csv(STANDARD, values, np.arange(len(values)) / rate)


def npy(values: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def wfdb(samples: NDArray[np.int64], *, gain: int = 200, rate: int = 250) -> dict[str, bytes]:
    """A record of one or more leads (lead, sample) in format 16, whose comments tell too much."""
    count, length = samples.shape
    header = [f"rec {count} {rate} {length}"]
    header += [f"rec.dat 16 {gain}/mV 16 0 0 0 0 lead{i}" for i in range(count)]
    header += ["# 69 M Aldomet, Inderal", "# Diagnosis: myocardial infarction"]
    data = samples.T.astype("<i2").tobytes()
    return {"rec.hea": "\n".join(header).encode(), "rec.dat": data}


VITALS = (
    "time,heart rate (1/min),systolic (mmHg),temperature (°C)\n"
    "2024-02-29T08:00,88,121,37.2\n2024-02-29T08:30,92,,\n2024-02-29T10:00,118,95,38.9\n"
    "2024-02-29T10:20,121,88,39.1\n2024-03-01T06:00,96,110,37.8\n"
).encode()
