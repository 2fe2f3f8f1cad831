"""The worker's side of a confined process: starts it, asks it, waits no longer than it may take."""

import contextlib
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

from workers.adapters.base import AdapterError, GivenUpError
from workers.sandbox.confinement import ROOT
from workers.sandbox.wire import Message, error_heard, line_of, message_of

KEPT = (
    "PATH", "LANG", "LC_ALL", "TZ", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "CONSILIUM_DEVICE",
    "CONSILIUM_MODELS_DIR", "CONSILIUM_REMOTE_CODE",
)  # fmt: skip
"""All that the confined process sees of the worker's environment."""
MOST_BYTES = 96 * 2**20
"""Of one answer with its files."""
SCRATCH_BYTES = 256 * 2**20
LOOK_SECONDS = 0.25
PIECE = 1 << 16
SAID = 2000
"""Characters of what was printed last that are told when a process ends by itself."""
CPU_SHARE = 4
"""Seconds of computing per second that a case may take, over all cores."""


class Confined:
    """One child process with its scratch folder; one thread talks with it at a time.

    ``place`` is the adapter's ``module:Class``; ``limits`` are those of ``confinement``.
    """

    def __init__(
        self, place: str, config: Mapping[str, Any], revision: str, *,
        reads: Sequence[Path] = (), limits: Mapping[str, Any],
    ) -> None:  # fmt: skip
        self.limits = {**limits, "scratch_bytes": SCRATCH_BYTES}
        self._scratch = Path(tempfile.mkdtemp(prefix="consilium-sandbox-"))
        self._begun = {
            "place": place, "config": dict(config), "revision": revision,
            "scratch": str(self._scratch), "hidden": str(_data()),
            "reads": [str(path) for path in reads], "limits": self.limits,
        }  # fmt: skip
        self._buffer, self._looked, self._why = bytearray(), 0, ""
        self._look_at = 0.0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workers.sandbox.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(self._scratch),
            cwd=self._scratch,
            start_new_session=True,
        )
        self._in, self._out = _pipe(self._process.stdin), _pipe(self._process.stdout)
        self._printed = Printed(_pipe(self._process.stderr))
        for pipe in (self._in, self._out):
            os.set_blocking(pipe.fileno(), False)

    @property
    def alive(self) -> bool:
        return not self._why and self._process.poll() is None

    def begin(self, seconds: float) -> Message:
        """What it says of itself once the code is loaded; raises ``AdapterError``."""
        found = next(self._talk(self._begun, seconds))
        if "error" in found:
            self.end()
            raise error_heard(found["error"])
        return found

    def ask(self, asks: Sequence[Message], seconds: float) -> Iterator[Message]:
        """One message per ask, as they come; raises ``AdapterError`` when it can say no more."""
        self._allow_computing(seconds)
        for found in self._talk({"asks": list(asks)}, seconds):
            if found.get("done"):
                return
            yield found

    def give_up(self) -> None:
        """Break off what is under way; safe from any thread."""
        self._kill("given up")

    def end(self) -> None:
        """Kill it and all that it left."""
        self._kill(self._why or "ended")
        self._process.wait()
        self._printed.join()
        for pipe in (self._in, self._out):
            with contextlib.suppress(OSError):
                pipe.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _talk(self, message: Message, seconds: float) -> Iterator[Message]:
        ends, unsent = monotonic() + seconds, memoryview(line_of(message))
        while True:
            while (line := self._line()) is None:
                unsent = self._exchanged(unsent, ends, seconds)
            try:
                yield message_of(line)
            except ValueError as error:
                self._kill("told nonsense")
                raise self._ended() from error

    def _exchanged(self, unsent: memoryview, ends: float, seconds: float) -> memoryview:
        """Send and read what goes through just now; watch time, size and life meanwhile."""
        writing = [self._in] if unsent else []
        ready, free, _ = select.select([self._out], writing, [], LOOK_SECONDS)
        if free:
            with contextlib.suppress(BrokenPipeError):
                unsent = unsent[os.write(self._in.fileno(), unsent[:PIECE]) :]
        if ready:
            piece = os.read(self._out.fileno(), PIECE)
            if not piece:
                raise self._ended()
            self._buffer += piece
        self._watch(ends, seconds)
        return unsent

    def _watch(self, ends: float, seconds: float) -> None:
        if monotonic() > ends:
            self._kill(f"not finished within {seconds:g} seconds")
        elif len(self._buffer) > MOST_BYTES:
            self._kill("too large")
        elif monotonic() > self._look_at:
            self._look_at = monotonic() + LOOK_SECONDS
            size = _size(self._scratch)
            if size is None:
                self._kill("hid a part of its scratch folder")
            elif size > SCRATCH_BYTES:
                self._kill("filled its scratch folder")
        if self._why:
            raise self._ended()

    def _line(self) -> bytes | None:
        """The next whole line; what was looked through before is not looked through again."""
        place = self._buffer.find(b"\n", self._looked)
        if place < 0:
            self._looked = len(self._buffer)
            return None
        line, self._looked = bytes(self._buffer[:place]), 0
        del self._buffer[: place + 1]
        return line

    def _allow_computing(self, seconds: float) -> None:
        """A limit of CPU time for what is asked now, in case nobody is left to look at a clock."""
        if hasattr(resource, "prlimit"):
            used = _cpu_seconds(self._process.pid)
            most = int(used + CPU_SHARE * seconds + 10)
            with contextlib.suppress(OSError):
                hard = resource.RLIM_INFINITY
                resource.prlimit(self._process.pid, resource.RLIMIT_CPU, (most, hard))

    def _kill(self, why: str) -> None:
        self._why = self._why or why
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _ended(self) -> AdapterError:
        """Why there will be no answer, as the class of failure that it is."""
        code, why = self._process.wait(), self._why
        self.end()
        if why == "given up":
            return GivenUpError("It was taken back before it was finished.", retryable=True)
        if why.startswith("not finished"):
            return AdapterError(f"The function was {why} and was ended.", failure="timed_out")
        if why == "too large":
            problem = f"The function's answer is larger than {MOST_BYTES // 2**20} MB."
            return AdapterError(problem, failure="invalid_output")
        if why:
            return AdapterError(f"The function {why} and was ended.")
        return _by_itself(code, self._printed.text)


class Printed(threading.Thread):
    """Drains what a process prints, however much; the end of it is kept."""

    def __init__(self, pipe: BinaryIO) -> None:
        super().__init__(name="printed", daemon=True)
        self._pipe, self._kept = pipe, b""
        self.start()

    def run(self) -> None:
        with self._pipe as pipe:
            while piece := os.read(pipe.fileno(), PIECE):
                self._kept = (self._kept + piece)[-SAID:]

    @property
    def text(self) -> str:
        self.join(LOOK_SECONDS)
        return self._kept.decode(errors="replace").strip()


def _by_itself(code: int, printed: str) -> AdapterError:
    said = f" It said: {printed}" if printed else ""
    if code == -signal.SIGXCPU:
        return AdapterError("The function computed for too long.", failure="timed_out")
    if code == -signal.SIGKILL:
        problem = "The function's process was killed, most likely because memory ran out."
        return AdapterError(problem, failure="out_of_memory")
    how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    return AdapterError(f"The function's process ended {how}.{said}")


def _environment(scratch: Path) -> dict[str, str]:
    """No credentials, no addresses: paths, the device, and folders to write to."""
    own = str(scratch)
    cache = os.environ.get("HF_HUB_CACHE") or str(hub_cache())
    paths = [str(Path(entry).resolve()) for entry in sys.path if entry]
    return {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        **dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "HF_MODULES_CACHE"), own),
        "HF_HUB_CACHE": cache,
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *paths]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _data() -> Path:
    """The folder with the database and the keys."""
    return Path(os.environ.get("CONSILIUM_DATA_DIR") or ROOT / "var").expanduser().resolve()


def hub_cache() -> Path:
    """Where the Hub's downloads lie; its token, one folder above, is not for others."""
    home = os.environ.get("HF_HOME") or "~/.cache/huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()


def _size(folder: Path) -> int | None:
    """Bytes in ``folder``; ``None`` where a part of it cannot be looked into."""
    try:
        return sum(_sizes(folder))
    except FileNotFoundError:  # gone while it was looked at
        return 0
    except OSError:
        return None


def _sizes(folder: Path) -> Iterator[int]:
    for place, folders, names in os.walk(folder, onerror=_unless_gone):
        for name in (*folders, *names):
            with contextlib.suppress(FileNotFoundError):
                yield os.lstat(Path(place) / name).st_blocks * 512


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pipe(pipe: Any) -> BinaryIO:
    """Popen types its pipes as perhaps absent."""
    found: BinaryIO = pipe
    return found
