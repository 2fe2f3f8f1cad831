"""Drills: processes are killed, bells repeated, brokers filled with garbage; nothing is lost.

Each runs real worker processes on SQLite with the embedded broker, and on PostgreSQL with Redis
and with RabbitMQ where those answer on localhost.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
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

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]


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

    def worker(self, threads: int = 4) -> subprocess.Popen[bytes]:
        command = ["-m", "celery", "-A", "workers.app", "worker", "-P", "threads"]
        options = ["-c", str(threads), "-Q", "default,cpu", "-n", f"{uuid.uuid4().hex[:6]}@%h"]
        log = (Path(self.env["CONSILIUM_DATA_DIR"]) / "worker.log").open("ab")
        made = subprocess.Popen(
            [sys.executable, *command, *options, "-l", "WARNING"],
            env=self.env, cwd=ROOT, start_new_session=True, stdout=log, stderr=log,
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


@pytest.fixture(scope="module", params=["sqlite+safefs", "postgresql+redis", "postgresql+rabbitmq"])
def whole_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    database, _, broker = request.param.partition("+")
    needed = [POSTGRES] * (database == "postgresql")
    needed += {"redis": [REDIS], "rabbitmq": [RABBITMQ]}.get(broker, [])
    for url in needed:
        if not answers(url):
            pytest.skip(f"nothing answers at {url.rpartition('@')[2]}")
    folder = tmp_path_factory.mktemp("drill")
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
        yield made
    purge(broker)


@pytest.fixture
def site(whole_site: Site) -> Iterator[Site]:
    yield whole_site
    whole_site.stop()


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


def test_a_worker_killed_in_the_middle_loses_nothing_and_doubles_nothing(site: Site) -> None:
    """The first of eight cases is poison for every system: it fails, and blocks nobody."""
    rows = site.drill("seed", "8", "8", "0.3")["rows"]
    victim = site.worker()
    site.until("succeeded", 12)
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()
    assert site.drill("report")["claimed"] > 0, "it was not killed in the middle of anything"
    killed = time.monotonic()
    site.worker()
    found = site.until("stored", rows)
    seconds = time.monotonic() - killed
    print(f"lost {rows - found['stored']}, doubled {found['doubled']}, after {seconds:.1f} s")
    assert (found["succeeded"], found["failed"], found["doubled"]) == (rows - 8, 8, 0)


def test_two_workers_and_repeated_bells_answer_each_case_once(site: Site) -> None:
    rows = site.drill("seed", "4", "16", "0.02")["rows"]
    site.drill("ring", "40")
    site.worker()
    site.worker()
    found = site.until("stored", rows)
    assert (found["stored"], found["doubled"], found["most_attempts"]) == (rows, 0, 1)


def test_a_polite_stop_gives_back_what_is_unanswered_within_ten_seconds(site: Site) -> None:
    site.drill("seed", "2", "4", "60")
    worker = site.worker()
    site.until("claimed", 1)
    asked = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=15)
    took = time.monotonic() - asked
    found = site.drill("report")
    assert took < 10
    assert (found["claimed"], found["most_attempts"]) == (0, 0), site.log()


def test_garbage_in_the_broker_stops_nobody(site: Site) -> None:
    folder = Path(site.env["CONSILIUM_DATA_DIR"]) / "broker"
    if not site.env["CONSILIUM_BROKER_URL"].startswith("safefs:"):
        pytest.skip("only the embedded broker is a folder")
    rows = site.drill("seed", "1", "8", "0")["rows"]
    for number, content in enumerate([b"", b"{", b"\xff", b'{"body": 1}', b'{"headers": {}}']):
        (folder / f"0000000000000000000{number}_x.cpu.msg").write_bytes(content)
    (folder / "control" / "cpu.exchange").write_bytes(b"[[")
    worker = site.worker()
    assert site.until("stored", rows)["doubled"] == 0
    assert worker.poll() is None
