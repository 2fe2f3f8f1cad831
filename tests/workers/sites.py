"""Sites for the drills: a database and a broker of their own, with real worker processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from kombu import Connection

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = os.environ.get("CONSILIUM_TEST_POSTGRES", "postgresql://root@127.0.0.1/postgres")
REDIS = os.environ.get("CONSILIUM_TEST_REDIS_DRILLS", "redis://127.0.0.1:6379/12")
RABBITMQ = os.environ.get("CONSILIUM_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//")
LEASE_SECONDS = 3
KINDS = ["sqlite+safefs", "postgresql+redis", "postgresql+rabbitmq"]


class Site:
    """A database, a broker, and the processes on them."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env, self.workers = env, list[subprocess.Popen[bytes]]()

    def python(self, *args: str) -> str:
        done = subprocess.run(
            [sys.executable, *args], env=self.env, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def drill(self, *args: str) -> dict[str, int]:
        found: dict[str, int] = json.loads(self.python("-m", "tests.workers.drill", *args))
        return found

    def worker(self, threads: int = 4, **env: str) -> subprocess.Popen[bytes]:
        """A worker process; ``env`` is what differs for it alone."""
        command = ["-m", "celery", "-A", "workers.app", "worker", "-P", "threads"]
        options = ["-c", str(threads), "-Q", "default,cpu", "-n", f"{uuid.uuid4().hex[:6]}@%h"]
        log = (Path(self.env["CONSILIUM_DATA_DIR"]) / "worker.log").open("ab")
        made = subprocess.Popen(
            [sys.executable, *command, *options, "-l", "WARNING"],
            env=self.env | env, cwd=ROOT, start_new_session=True, stdout=log, stderr=log,
        )  # fmt: skip
        log.close()
        self.workers.append(made)
        return made

    def until(self, name: str, count: int, seconds: float = 90) -> dict[str, int]:
        """The report as soon as ``count`` rows are ``name``."""
        found = self.drill("wait", name, str(count), str(seconds))
        assert found[name] >= count, (found, self.log())
        return found

    def log(self) -> str:
        return (Path(self.env["CONSILIUM_DATA_DIR"]) / "worker.log").read_text()[-3000:]

    def stop(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
        self.workers.clear()


def answers(url: str) -> bool:
    place = urlsplit(url)
    try:
        with socket.create_connection((str(place.hostname), place.port or 5432), timeout=2):
            return True
    except OSError:
        return False


@contextmanager
def site_of(kind: str, folder: Path) -> Iterator[Site]:
    """A migrated site such as ``postgresql+redis``; skips where a service does not answer."""
    database, _, broker = kind.partition("+")
    needed = [POSTGRES] * (database == "postgresql")
    needed += {"redis": [REDIS], "rabbitmq": [RABBITMQ]}.get(broker, [])
    for url in needed:
        if not answers(url):
            pytest.skip(f"nothing answers at {url.rpartition('@')[2]}")
    env = os.environ | {
        "CONSILIUM_DATA_DIR": str(folder),
        "CONSILIUM_REDIS_URL": "",
        "CONSILIUM_BROKER_URL": needed[-1] if broker != "safefs" else "safefs://localhost",
        "CONSILIUM_LEASE_SECONDS": str(LEASE_SECONDS),
        "DJANGO_SETTINGS_MODULE": "arena.settings",
        "OMP_NUM_THREADS": "1",
    }
    with OwnDatabase(database) as url:
        made = Site(env | {"CONSILIUM_DATABASE_URL": url or f"sqlite:///{folder}/arena.db"})
        made.python("manage.py", "migrate", "-v", "0")
        try:
            yield made
        finally:
            made.stop()
    purge(broker)


class OwnDatabase:
    """A PostgreSQL database of the drill's own; for SQLite, the default in the data folder."""

    def __init__(self, kind: str) -> None:
        self.name = f"consilium_drill_{uuid.uuid4().hex[:8]}" if kind == "postgresql" else ""

    def __enter__(self) -> str:
        self._run(f'CREATE DATABASE "{self.name}"')
        return f"{POSTGRES.rpartition('/')[0]}/{self.name}" if self.name else ""

    def __exit__(self, *_: object) -> None:
        self._run(f'DROP DATABASE "{self.name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        if self.name:
            with psycopg.connect(POSTGRES, autocommit=True) as admin:
                admin.execute(statement)


def purge(broker: str) -> None:
    if broker == "safefs":
        return
    with Connection(REDIS if broker == "redis" else RABBITMQ) as connection:
        for name in ("default", "cpu"):
            queue = connection.SimpleQueue(name)
            queue.clear()
            queue.close()
