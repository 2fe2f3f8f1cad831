"""Giving up rights before code that is not ours is imported."""

import contextlib
import os
import resource
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workers.sandbox.landlock import confine_files
from workers.sandbox.seccomp import confine_calls

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = ("/usr", "/lib", "/lib64", "/sys/devices", "/proc/self", "/proc/cpuinfo",
          "/proc/meminfo", "/proc/stat", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types",
          "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/dev/urandom",
          "/dev/zero")  # fmt: skip
DEVICES = ("/dev/null", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools",
           *(f"/dev/nvidia{number}" for number in range(16)))  # fmt: skip
MOST_FILES = 256
CLOSED = {
    **dict.fromkeys(("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto",
                     "socket.gethostbyname"), "There is no network in the sandbox."),
    **dict.fromkeys(("subprocess.Popen", "os.fork", "os.forkpty", "os.exec", "os.posix_spawn",
                     "os.system"), "The sandbox starts no other processes."),
}  # fmt: skip
"""Python's own doors, by the names of its audit events."""


def confine(
    *, scratch: Path, reads: list[Path], hidden: Path, limits: Mapping[str, Any]
) -> dict[str, Any]:
    """Give up all that is not needed; says what now holds, for provenance."""
    _limit(limits)
    read, listed = readable(reads, hidden)
    version = confine_files(read=read, listed=listed, write=[scratch, *map(Path, DEVICES)])
    calls = confine_calls()
    _guard_doors(scratch if not version else None)
    return {
        "files": f"landlock {version}" if version else "guarded in Python only",
        "calls": "seccomp" if calls else "guarded in Python only",
        "memory_gb": limits.get("memory_gb") or None,
    }


def readable(reads: list[Path], hidden: Path) -> tuple[list[Path], list[Path]]:
    """What Python itself and the code to run need: folders to read, and ones only to look into.

    ``hidden``, the folder with the database, and what begins with a dot (``.env``) stay closed,
    also where they lie beside code.
    """
    own = [Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()]
    places = {Path(entry).resolve() for entry in sys.path if entry and Path(entry).exists()}
    code = [path for place in sorted(places) for path in _beside(place, hidden)]
    return [*map(Path, SYSTEM), *own, *reads, *code], sorted(places)


def _beside(place: Path, hidden: Path) -> Iterator[Path]:
    """All in ``place`` but what is hidden and what begins with a dot."""
    if not place.is_dir():
        yield place
        return
    for path in place.iterdir():
        if path.name.startswith(".") or path == hidden:
            continue
        if path in hidden.parents:
            yield from _beside(path, hidden)
        else:
            yield path


def _limit(limits: Mapping[str, Any]) -> None:
    size = int(float(limits.get("memory_gb") or 0) * 2**30)
    wanted = {
        resource.RLIMIT_AS: size,
        resource.RLIMIT_FSIZE: int(limits.get("scratch_bytes") or 0),
        resource.RLIMIT_NOFILE: MOST_FILES,
    }
    for kind, most in wanted.items():
        if most:
            with contextlib.suppress(ValueError, OSError):  # a system may know a lower one
                resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _guard_doors(scratch: Path | None) -> None:
    """A clear sentence where Python itself asks; ``scratch`` where nothing else guards files."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in CLOSED:
            raise PermissionError(CLOSED[event])
        if scratch and event == "open" and _writes(arguments) and not _in(arguments[0], scratch):
            raise PermissionError("The sandbox writes in its scratch folder only.")

    sys.addaudithook(hook)


def _writes(arguments: tuple[Any, ...]) -> bool:
    mode, flags = arguments[1], arguments[2]
    if isinstance(mode, str):
        return any(sign in mode for sign in "wax+")
    return bool(isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def _in(path: Any, folder: Path) -> bool:
    if isinstance(path, int):
        return True
    place = Path(os.path.realpath(os.fsdecode(path)))
    return folder in place.parents or str(place) == os.devnull
