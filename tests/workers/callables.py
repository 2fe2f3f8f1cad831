"""Functions that the sandbox is tried with: honest ones, faulty ones and ones that mean harm.

They run in a process of their own, which imports this module; so nothing of the site is imported.
"""

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests import media
from workers.adapters.base import Answer, Ask

FIOSETOWN = 0x8901
calls = 0


def counted(ask: Ask) -> dict[str, Any]:
    """How often this process was asked."""
    global calls
    calls += 1
    return {"text": f"{calls} {os.getpid()} {ask.text}"}


def pictured(ask: Ask) -> Answer:
    """What a callable of one's own may give back."""
    return Answer({"image": "made.png"}, files={"made.png": media.png()})


def measured(ask: Ask) -> dict[str, Any]:
    import numpy as np

    return {"text": "as numbers of numpy", "value": np.float64(0.5), "values": np.arange(3)}


def printed(ask: Ask) -> dict[str, Any]:
    print('{"number": 0, "record": {"text": "forged"}}')
    os.write(1, b'{"done": true}\n' * 10_000)
    return {"text": "said"}


def faulty(ask: Ask) -> dict[str, Any]:
    raise ValueError("cannot read this case")


def no_record(ask: Ask) -> Any:
    return ["a", "list"]


def no_json(ask: Ask) -> Any:
    return {"text": object()}


def leaves(ask: Ask) -> dict[str, Any]:
    print("farewell", file=sys.stderr, flush=True)
    os._exit(3)


def crashes(ask: Ask) -> dict[str, Any]:
    ctypes.string_at(0)
    return {}


def hangs(ask: Ask) -> dict[str, Any]:
    if ask.text == "hang":
        time.sleep(600)
    return {"text": "done"}


def fork_bomb(ask: Ask) -> dict[str, Any]:
    children = 0
    for _ in range(50):
        pid = ctypes.CDLL(None).fork()  # past Python's own doors
        if pid == 0:
            os._exit(0)
        children += pid > 0
    return {"text": f"{children} children"}


def starts(ask: Ask) -> dict[str, Any]:
    subprocess.run(["/bin/true"], check=True)
    return {}


def hoards(ask: Ask) -> dict[str, Any]:
    return {"text": str(len(bytearray(10 * 2**30)))}


def talks(ask: Ask) -> dict[str, Any]:
    """More than any answer may hold."""
    return {"text": "a" * (100 * 2**20)}


def fills(ask: Ask) -> dict[str, Any]:
    for number in range(100):
        Path(f"part{number}").write_bytes(b"\1" * (8 * 2**20))
    time.sleep(5)
    return {}


def hides(ask: Ask) -> dict[str, Any]:
    """Where nobody else may list, or by a path longer than any that can be named."""
    if ask.text == "deep":
        for _ in range(30):
            Path("d" * 200).mkdir()
            os.chdir("d" * 200)
    else:
        Path("shut").mkdir(mode=0o300)
        os.chdir("shut")
    fills(ask)
    return {}


def copies(ask: Ask) -> dict[str, Any]:
    """As libraries do: with the rights of the file, which nobody needs to have set."""
    shutil.copy(__file__, "copy.py")
    Path("copy.py").chmod(0o755)
    return {"text": str(Path("copy.py").stat().st_size == Path(__file__).stat().st_size)}


TOLD = {
    "no number": {"record": {}},
    "another's number": {"number": 7, "record": {}},
    "an odd number": {"number": [], "record": {}},
    "no base64": {"number": 0, "record": {}, "files": {"a.png": {"base64": "?"}}},
    "an odd error": {"number": 0, "error": "odd"},
    "odd files": {"number": 0, "record": {}, "files": 3},
    "given up": {"number": 0, "error": {"problem": "", "failure": "", "retryable": True,
                                        "given_up": True}},
}  # fmt: skip


def forges(ask: Ask) -> dict[str, Any]:
    """Speaks past the pipe's keeper: any line, and one more for the case after this."""
    if ask.text in TOLD:
        pipe = max(int(place.name) for place in Path("/proc/self/fd").iterdir() if _is_pipe(place))
        extra = {"number": 0, "record": {"text": "forged"}}
        for line in (TOLD[ask.text], extra):
            os.write(pipe, json.dumps(line).encode() + b"\n")
    return {"text": ask.text}


def _is_pipe(place: Path) -> bool:
    try:
        flags = fcntl.fcntl(int(place.name), fcntl.F_GETFL)
        piped = str(place.readlink()).startswith("pipe:")
    except OSError:
        return False
    return piped and int(place.name) > 2 and flags & os.O_ACCMODE == os.O_WRONLY


def remembers(ask: Ask) -> dict[str, Any]:
    """Its own scratch folder is there to be written to."""
    Path("note").write_text(ask.text)
    return {"text": Path("note").read_text()}


def prying(ask: Ask) -> dict[str, Any]:
    """What it can reach of what is none of its business: places by name, in the order tried."""
    reached = [name for name, attempt in ATTEMPTS.items() if _works(attempt, ask.text)]
    return {"text": ", ".join(reached) or "nothing", "environment": dict(os.environ)}


def _works(attempt: Any, told: str) -> bool:
    try:
        return attempt(told) is not False
    except (OSError, ValueError):
        return False


def _kills_its_worker(_: str) -> bool:
    return bool(ctypes.CDLL(None).kill(os.getppid(), 0) == 0)


def _connects_raw(_: str) -> bool:
    return bool(ctypes.CDLL(None).socket(socket.AF_INET, socket.SOCK_STREAM, 0) >= 0)


def _sends_signals_through_a_file(_: str) -> bool:
    """Who owns a pipe's signal need not be whoever opened it."""
    read, _written = os.pipe()
    return bool(fcntl.fcntl(read, fcntl.F_SETOWN, os.getppid()) == 0)


def _sends_signals_through_a_device(_: str) -> bool:
    read, _written = os.pipe()
    to = struct.pack("i", os.getppid())
    return bool(fcntl.ioctl(read, FIOSETOWN, to) is not None)


def _pins_its_worker(_: str) -> None:
    os.sched_setaffinity(os.getppid(), os.sched_getaffinity(os.getppid()))


def _slows_its_worker(_: str) -> None:
    os.sched_setscheduler(os.getppid(), os.SCHED_BATCH, os.sched_param(0))


def _locks_out(told: str) -> bool:
    """Rights and times of a file need no opening of it, so no rule about files is asked."""
    place, before = Path(told), Path(told).stat()
    for attempt in (lambda: place.chmod(0), lambda: os.utime(place, (1, 1)),
                    lambda: os.setxattr(place, "user.mark", b"1")):  # fmt: skip
        with contextlib.suppress(OSError):
            attempt()
    after = place.stat()
    return (after.st_mode, after.st_mtime) != (before.st_mode, before.st_mtime)


def _empties(told: str) -> bool:
    """Kernels before 6.2 ask no rule about files for either."""
    try:
        os.truncate(told, 0)
    except OSError as error:
        return error.errno != errno.EPERM
    return True


def _empties_while_reading(_: str) -> bool:
    try:
        os.close(os.open(__file__, os.O_RDONLY | os.O_TRUNC))
    except OSError as error:
        return error.errno != errno.EPERM
    return True


def _watches(told: str) -> bool:
    libc = ctypes.CDLL(None)
    place = str(Path(told).parent).encode()
    return bool(libc.inotify_add_watch(libc.inotify_init1(0), place, 0xFFF) >= 0)


def _raises_its_limits(_: str) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (10, 10))


ATTEMPTS = {
    "a secret": lambda told: Path(told).read_text(),
    "the worker's environment": lambda _: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "a file of the system": lambda _: Path("/etc/shadow").read_bytes(),
    "writing beside the secret": lambda told: Path(told).with_name("made").write_text("x"),
    "writing into the code": lambda _: Path(__file__).with_name("made.tmp").write_text("x"),
    "a name on the network": lambda _: socket.getaddrinfo("localhost", 80),
    "a socket": lambda _: socket.socket(),
    "a socket past Python": _connects_raw,
    "a UNIX socket": lambda _: socket.socket(socket.AF_UNIX),
    "a signal to the worker": _kills_its_worker,
    "a signal through a pipe": _sends_signals_through_a_file,
    "a signal through a device": _sends_signals_through_a_device,
    "its worker's cores": _pins_its_worker,
    "its worker's turn": _slows_its_worker,
    "the rights of a secret": _locks_out,
    "emptying a secret": _empties,
    "emptying code": _empties_while_reading,
    "who comes and goes beside a secret": _watches,
    "its own limits": _raises_its_limits,
}
