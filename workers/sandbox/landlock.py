"""Which files a confined process may read and write: Landlock, Linux 5.13 and later.

A process gives up its own rights; that needs no privilege, holds for whatever it starts, and
cannot be undone. What is not listed cannot be opened, by whatever name, and processes outside
can neither be traced nor, with a newer kernel, be sent signals.
"""

import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from pathlib import Path

CREATE, ADD, RESTRICT = 444, 445, 446
ASK_VERSION, BENEATH = 1, 1
WRITE, READ, LIST, TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 14
FILES_BY_VERSION = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF}
"""All rights to files, the highest version that a kernel knows of; later ones add none we need."""
CONNECTIONS, SIGNALS = 0b11, 0b11
NETWORK_SINCE, SCOPES_SINCE = 4, 6


def confine_files(
    *, read: Iterable[Path], listed: Iterable[Path], write: Iterable[Path]
) -> int:  # fmt: skip
    """The version of Landlock that now holds, or 0 where the kernel has none.

    ``read`` may be read with all beneath, ``listed`` only looked into by name, ``write`` is free.
    """
    version = _version()
    if version < 1:
        return 0
    every = FILES_BY_VERSION[min(version, 3)]
    ruleset = _syscall(CREATE, *_ruleset(version, every), 0)
    if ruleset < 0:
        return 0
    for paths, rights in ((read, READ | LIST), (listed, LIST), (write, every)):
        for path in paths:
            _allow(ruleset, path, rights, every)
    held = _restrict(ruleset)
    os.close(ruleset)
    return version if held else 0


def _version() -> int:
    return _syscall(CREATE, None, 0, ASK_VERSION) if platform.system() == "Linux" else 0


def _ruleset(version: int, files: int) -> tuple[bytes, int]:
    told = [files]
    if version >= NETWORK_SINCE:
        told.append(CONNECTIONS)
    if version >= SCOPES_SINCE:
        told.append(SIGNALS)
    packed = struct.pack(f"{len(told)}Q", *told)
    return packed, len(packed)


def _allow(ruleset: int, path: Path, rights: int, every: int) -> None:
    if not path.is_dir():
        rights &= (READ | WRITE | TRUNCATE) & every
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no right
    _syscall(ADD, ruleset, BENEATH, struct.pack("=Qi", rights, place), 0)
    os.close(place)


def _restrict(ruleset: int) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(38, 1, 0, 0, 0)  # no new privileges, which Landlock demands
    return _syscall(RESTRICT, ruleset, 0) == 0


def _syscall(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    sized = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return int(libc.syscall(ctypes.c_long(number), *sized))
