"""Joules that a GPU draws, as its driver tells by NVML (``pip install nvidia-ml-py``).

Newer GPUs count them; of older ones the power is looked at ten times a second. Either is an
estimate for an answer: the whole GPU is counted, whoever else may use it. Where nobody tells (no
GPU, no NVML, a slice of a GPU) there is no number, which is not 0.
"""

import importlib
import os
import threading
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

SAMPLE_SECONDS = 0.1
IDLE_SECONDS = 5.0
"""So long after the last look the power is no longer looked at."""
MILLI = 1000.0


class Energy:
    """What a device drew since the last look. ``begin`` leaves out what was before."""

    def __init__(self, device: str) -> None:
        self._total = counter_of(device)
        self._seen = 0.0
        self.begin()

    @property
    def known(self) -> bool:
        return self._total is not None

    def begin(self) -> None:
        """Somebody begins to compute: what an idle device drew is nobody's."""
        self._seen = self._read() or 0.0

    def since(self) -> float | None:
        """Joules since the last look, or ``None`` where nobody tells."""
        total = self._read()
        if total is None:
            return None
        drawn, self._seen = max(0.0, total - self._seen), total
        return drawn

    def _read(self) -> float | None:
        return self._total() if self._total else None


def counter_of(device: str) -> Callable[[], float | None] | None:
    """Reads the joules a device has drawn from some moment on; ``None`` where nobody tells."""
    nvml = _nvml() if device.startswith("cuda") else None
    if nvml is None:
        return None
    try:
        handle = _handle(nvml, device)
    except nvml.NVMLError:
        return None
    if _told(nvml, lambda: nvml.nvmlDeviceGetTotalEnergyConsumption(handle)) is not None:
        return lambda: _told(nvml, lambda: nvml.nvmlDeviceGetTotalEnergyConsumption(handle))
    if _told(nvml, lambda: nvml.nvmlDeviceGetPowerUsage(handle)) is not None:
        return Sampler(lambda: _told(nvml, lambda: nvml.nvmlDeviceGetPowerUsage(handle))).total
    return None


def gpu_busy(device: str) -> float | None:
    """The share of the last moments in which the GPU computed, 0 to 1; ``None``: nobody tells."""
    nvml = _nvml() if device.startswith("cuda") else None
    if nvml is None:
        return None
    try:
        return float(nvml.nvmlDeviceGetUtilizationRates(_handle(nvml, device)).gpu) / 100
    except nvml.NVMLError:
        return None


class Sampler:
    """Sums up a power (watts) ten times a second, as long as somebody looks at the sum."""

    def __init__(self, watts: Callable[[], float | None]) -> None:
        self._watts, self._joules = watts, 0.0
        self._lock, self._until = threading.Lock(), 0.0
        self._thread: threading.Thread | None = None

    def total(self) -> float | None:
        with self._lock:
            self._until = monotonic() + IDLE_SECONDS
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="energy", daemon=True)
                self._thread.start()
            return self._joules

    def _run(self) -> None:
        before, seen = self._watts() or 0.0, monotonic()
        while True:
            sleep(SAMPLE_SECONDS)
            now, watts = monotonic(), self._watts()
            watts = before if watts is None else watts
            with self._lock:
                self._joules += (before + watts) / 2 * (now - seen)
                if now > self._until:
                    self._thread = None
                    return
            before, seen = watts, now


def _nvml() -> Any:
    """The binding, begun; ``None`` where it or the driver is not there."""
    try:
        nvml = importlib.import_module("pynvml")
    except ImportError:
        return None
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return None
    return nvml


def _handle(nvml: Any, device: str) -> Any:
    """NVML counts all GPUs of the machine, torch those this process sees, perhaps otherwise."""
    number = int(device.partition(":")[2] or 0)
    if told := _uuid(number):
        return nvml.nvmlDeviceGetHandleByUUID(told)
    seen = [word.strip() for word in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    word = seen[number] if number < len(seen) and seen[number] else str(number)
    if word.isdigit():
        return nvml.nvmlDeviceGetHandleByIndex(int(word))
    return nvml.nvmlDeviceGetHandleByUUID(word)


def _uuid(number: int) -> str:
    try:
        import torch

        return f"GPU-{torch.cuda.get_device_properties(number).uuid}"
    except Exception:
        # Without a GPU, or with an older torch, it raises errors of several kinds.
        return ""


def _told(nvml: Any, ask: Callable[[], int]) -> float | None:
    """Thousandths as wholes; ``None`` where this GPU does not tell."""
    try:
        return ask() / MILLI
    except nvml.NVMLError:
        return None
