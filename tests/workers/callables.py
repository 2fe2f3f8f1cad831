"""Functions that the sandbox is tried with: honest ones, faulty ones and ones that mean harm.

They run in a process of their own, which imports this module; so nothing of the site is imported.
"""

import ctypes
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests import media
from workers.adapters.base import Answer, Ask

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
    "its own limits": _raises_its_limits,
}
