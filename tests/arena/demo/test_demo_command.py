"""The one command: starts, says where, stops cleanly, keeps the votes, says what is in its way."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = int(probe.getsockname()[1])
    yield number


def demo(folder: Path, *options: str) -> subprocess.Popen[str]:
    environment = os.environ | {
        "CONSILIUM_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "arena.settings",
        "PYTHONUNBUFFERED": "1",
    }
    for name in ("CONSILIUM_DATABASE_URL", "CONSILIUM_REDIS_URL", "CONSILIUM_BROKER_URL"):
        environment.pop(name, None)
    command = [sys.executable, "manage.py", "demo", *options]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True, preexec_fn=hear_interrupts,
    )  # fmt: skip


def hear_interrupts() -> None:
    """A shell lets its background jobs ignore Ctrl-C, and their children with them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def read_until(process: subprocess.Popen[str], words: str, *, seconds: float = 150) -> str:
    assert process.stdout
    deadline, seen = time.monotonic() + seconds, ""
    for line in process.stdout:
        seen += line
        if words in line:
            return seen
        assert time.monotonic() < deadline, seen
    pytest.fail(f"the demo ended before it said {words!r}:\n{seen}")


def interrupt(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    return out


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_demo_starts_stops_cleanly_and_starts_again_in_seconds(
    tmp_path: Path, port: int
) -> None:
    first = demo(tmp_path, "--port", str(port))
    try:
        said = read_until(first, "Ctrl-C stops everything")
        assert f"http://localhost:{port}" in said
        assert "clinician@demo.example" in said
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
            assert "Which summary would you hand over?" in page.read().decode()
        assert "The demo has stopped; votes are kept." in interrupt(first)
        assert first.returncode == 0
    finally:
        first.kill()
    began = time.monotonic()
    second = demo(tmp_path, "--port", str(port))
    try:
        read_until(second, "Ctrl-C stops everything")
        assert time.monotonic() - began < 30
        interrupt(second)
    finally:
        second.kill()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0, "nothing of it listens any more"


def test_a_taken_port_is_said_in_one_sentence_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = demo(tmp_path, "--port", str(port))
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert re.search(rf"Port {port} is taken by another program; choose one: make demo PORT=", out)
    assert "Traceback" not in out


def test_reset_refuses_any_database_but_the_demos_own_file(tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "arena.db"
    environment = os.environ | {
        "CONSILIUM_DATA_DIR": str(tmp_path / "demo"),
        "CONSILIUM_DATABASE_URL": f"sqlite:///{other}",
        "DJANGO_SETTINGS_MODULE": "arena.settings",
    }
    other.parent.mkdir()
    other.write_text("precious")
    done = subprocess.run(
        [sys.executable, "manage.py", "demo", "--reset", "--load-only"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "RESET works only on the demo's own SQLite file" in done.stderr
    assert other.read_text() == "precious"


def test_reset_begins_anew_with_a_queue_to_begin_with(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    environment = os.environ | {
        "CONSILIUM_DATA_DIR": str(folder),
        "CONSILIUM_DATABASE_URL": f"sqlite:///{folder}/arena.db",
        "CONSILIUM_BROKER_URL": "safefs://localhost",
        "DJANGO_SETTINGS_MODULE": "arena.settings",
    }
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "manage.py", "demo", "--reset", "--load-only"],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert list((folder / "broker").iterdir())
