"""The device of this worker process: one process, one device.

``CONSILIUM_DEVICE`` says which (``cpu``, ``cuda``, ``cuda:1``, ``mps``); empty means an NVIDIA GPU
where there is one. ``CUDA_VISIBLE_DEVICES`` works as everywhere. torch is imported only when a
model asks.
"""

import importlib.util
import os
import re
from pathlib import Path
from typing import Any

KNOWN = re.compile(r"(cpu|mps|cuda(:\d+)?)?")
GPU_SHARE, RAM_SHARE = 0.9, 0.6
CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


class DeviceError(Exception):
    """The device that the operator named cannot be used."""


def wanted() -> str:
    """What ``CONSILIUM_DEVICE`` says; raises ``DeviceError`` for what is no device's name."""
    name = os.environ.get("CONSILIUM_DEVICE", "").strip().lower()
    if not KNOWN.fullmatch(name):
        raise DeviceError(
            f"CONSILIUM_DEVICE={name!r} must be cpu, cuda or cuda:1 and the like, or mps."
        )
    return name


def device() -> str:
    """``cpu``, ``cuda:N`` or ``mps``; raises ``DeviceError`` where a named GPU is not there."""
    name = wanted()
    if name == "cpu" or (not name and importlib.util.find_spec("torch") is None):
        return "cpu"
    import torch

    if name == "mps":
        if torch.backends.mps.is_available():
            return name
        raise DeviceError("CONSILIUM_DEVICE=mps, but torch sees no Apple GPU.")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not name and not count:
        return "cpu"
    index = int(name.partition(":")[2] or 0)
    if index >= count:
        raise DeviceError(f"CONSILIUM_DEVICE={name}, but this worker sees {count} GPUs.")
    return f"cuda:{index}"


def device_name(name: str) -> str:
    """The device as its maker calls it."""
    if name == "cpu":
        return _processor()
    if name == "mps":
        return f"Apple GPU ({_processor()})"
    import torch

    return str(torch.cuda.get_device_name(name))


def memory_limit(name: str) -> int:
    """Bytes that models may take together: ``CONSILIUM_MODEL_MEMORY_GB``, else most there is."""
    told = os.environ.get("CONSILIUM_MODEL_MEMORY_GB", "").strip()
    if told:
        return _gigabytes(told)
    if name == "cpu":
        return int(RAM_SHARE * min([_meminfo("MemTotal"), *_cgroup_limits()]))
    import torch

    if name == "mps":
        return int(GPU_SHARE * torch.mps.recommended_max_memory())
    return int(GPU_SHARE * torch.cuda.get_device_properties(name).total_memory)


def memory_free(name: str) -> int:
    """Bytes that are free on the device just now."""
    if name == "cpu":
        return _meminfo("MemAvailable")
    import torch

    if name == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    return int(torch.cuda.mem_get_info(name)[0])


def memory_taken(name: str) -> int:
    """Bytes that this process' tensors take on a GPU; 0 on a CPU, where nobody counts them."""
    if name == "cpu":
        return 0
    import torch

    if name == "mps":
        return int(torch.mps.current_allocated_memory())
    return int(torch.cuda.memory_allocated(name))


def memory_release(name: str) -> None:
    """Give back what no tensor uses any more; called after one that used much has gone."""
    import gc

    gc.collect()
    if name != "cpu":
        import torch

        (torch.mps if name == "mps" else torch.cuda).empty_cache()


def flash_attentions(name: str) -> list[str]:
    """transformers' names of the flash attentions this worker has, the fastest first.

    They are made for NVIDIA GPUs: version 3 from Hopper on, version 2 from Ampere on.
    """
    if not name.startswith("cuda"):
        return []
    import torch

    generation = torch.cuda.get_device_capability(name)[0]
    packages = [
        ("flash_attn_interface", 9, "flash_attention_3"),
        ("flash_attn", 8, "flash_attention_2"),
    ]
    return [
        found
        for package, least, found in packages
        if generation >= least and importlib.util.find_spec(package) is not None
    ]


def out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out; CPUs say so in words only."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "allocate memory" in str(error)


def _gigabytes(told: str) -> int:
    try:
        return int(float(told) * 2**30)
    except ValueError:
        raise DeviceError(f"CONSILIUM_MODEL_MEMORY_GB={told!r} must be a number.") from None


def _meminfo(name: str) -> int:
    for line in _lines("/proc/meminfo"):
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    pages: int = os.sysconf("SC_PHYS_PAGES")
    return pages * os.sysconf("SC_PAGE_SIZE")


def _cgroup_limits() -> list[int]:
    found = [line for path in CGROUP_LIMITS for line in _lines(path)]
    return [int(line) for line in found if line.strip().isdigit()]


def _processor() -> str:
    named = [line for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    return named[0].partition(":")[2].strip() if named else "CPU"


def _lines(path: str) -> list[Any]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
