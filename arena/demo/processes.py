"""The processes of the demo: one web server and one worker, started and stopped together."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence

from arena.core.errors import UserError

HOST = "127.0.0.1"
STOP_SECONDS = 12


def port_check(port: int) -> None:
    """Raises ``UserError`` when something else listens on ``port``."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise UserError(
                f"Port {port} is taken by another program; choose one: make demo PORT={port + 1}"
            ) from None


def web_command(port: int) -> list[str]:
    # WhiteNoise streams static files from a plain iterator; Django says so once, harmlessly.
    python = [sys.executable, "-W", "ignore:StreamingHttpResponse must consume"]
    server = ["-m", "uvicorn", "arena.asgi:application", "--host", HOST, "--port", str(port)]
    # Open event streams must not keep Ctrl-C waiting.
    return [*python, *server, "--log-level", "warning", "--timeout-graceful-shutdown", "2"]


def worker_command() -> list[str]:
    # Celery warns whoever is root, as one is in a container; the demo listens on loopback only.
    python = [sys.executable, "-W", "ignore:You're running the worker"]
    celery = ["-m", "celery", "--quiet", "-A", "workers.app", "worker", "-P", "threads", "-c", "2"]
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"]
    return [*python, *celery, *alone, "-Q", "default,cpu,gpu,remote"]


class Processes:
    """Children in sessions of their own, so that Ctrl-C reaches us first and we stop them."""

    def __init__(self) -> None:
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str]) -> None:
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        self.children[name] = subprocess.Popen(
            command, env=environment, start_new_session=True, stdin=subprocess.DEVNULL
        )

    def check(self) -> None:
        """Raises ``UserError`` when a child has ended by itself."""
        for name, child in self.children.items():
            if child.poll() is not None:
                raise UserError(
                    f"The {name} process ended by itself (exit code {child.returncode})."
                )

    def stop(self) -> None:
        for child in self.children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def wait_until_healthy(*, port: int, processes: Processes, seconds: float = 60) -> None:
    """Return once the site answers; raises ``UserError`` when it does not come up in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        processes.check()
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=2):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    raise UserError(f"The site did not answer on port {port} within {seconds:.0f} seconds.")
