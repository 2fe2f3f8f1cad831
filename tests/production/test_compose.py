"""docker-compose.yml without an engine: its commands, run against local PostgreSQL and Redis."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name in SERVICES if name not in {"postgres", "redis"}]
ADMIN_DSN = os.environ.get("CONSILIUM_TEST_POSTGRES", "postgresql://root@127.0.0.1/postgres")
REDIS = os.environ.get("CONSILIUM_TEST_REDIS", "redis://127.0.0.1:6379/13")


@pytest.fixture(scope="module")
def production_env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of the services, on a database of their own; skipped without services."""
    try:
        redis.from_url(REDIS).ping()
        admin = psycopg.connect(ADMIN_DSN, autocommit=True, connect_timeout=2)
    except (psycopg.OperationalError, redis.ConnectionError) as error:
        pytest.skip(f"PostgreSQL and Redis do not both answer on localhost: {error}")
    name = f"consilium_{uuid.uuid4().hex[:10]}"
    admin.execute(f'CREATE DATABASE "{name}"')
    yield os.environ | {
        "CONSILIUM_SECRET_KEY": uuid.uuid4().hex * 2,
        "CONSILIUM_SITE_URL": "http://localhost:8000",
        "CONSILIUM_HOSTS": "arena.example.org,127.0.0.1",
        "CONSILIUM_DATABASE_URL": ADMIN_DSN.rsplit("/", 1)[0] + f"/{name}",
        "CONSILIUM_REDIS_URL": REDIS,
        "CONSILIUM_DATA_DIR": str(tmp_path_factory.mktemp("data")),
    }
    admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    redis.from_url(REDIS).flushdb()
    admin.close()


def words(service: str, **replace: str) -> list[str]:
    """The service's command with this interpreter for ``python`` and test ports and paths."""
    swaps = {"python": sys.executable} | replace
    return [swaps.get(word, word) for word in SERVICES[service]["command"]]


def run(service: str, env: dict[str, str]) -> None:
    done = subprocess.run(
        words(service), cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def migrated(production_env: dict[str, str]) -> dict[str, str]:
    run("migrate", production_env)
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(collect, cwd=ROOT, env=production_env, check=True, timeout=120)
    return production_env


def wait_for(question: Any, *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if question():
            return
        time.sleep(0.2)
    pytest.fail(f"not within {seconds} seconds: {question.__doc__ or question}")


def stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.services
@pytest.mark.slow
def test_the_web_service_answers_its_own_health_check(migrated: dict[str, str]) -> None:
    port = str(free_port())
    command = words("web", **{"8000": port, "0.0.0.0": "127.0.0.1"})
    check = [word.replace("8000", port) for word in SERVICES["web"]["healthcheck"]["test"][1:]]
    process = subprocess.Popen(command, cwd=ROOT, env=migrated)
    try:
        healthy = [sys.executable, *check[1:]]
        wait_for(
            lambda: subprocess.run(healthy, env=migrated, stderr=subprocess.DEVNULL).returncode == 0
        )
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
            assert page.status == 200
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as ready:
            assert ready.status == 200
    finally:
        stop(process)


@pytest.mark.services
@pytest.mark.slow
@pytest.mark.parametrize("service", ["worker-cpu", "worker-gpu"])
def test_a_worker_service_answers_its_own_health_check(
    service: str, migrated: dict[str, str]
) -> None:
    name = f"{service}-{uuid.uuid4().hex[:6]}"
    process = subprocess.Popen([*words(service), "-n", f"celery@{name}"], cwd=ROOT, env=migrated)
    check = SERVICES[service]["healthcheck"]["test"][1].replace("$$HOSTNAME", name)
    ping = [sys.executable if w == "python" else w for w in shlex.split(check)]
    try:
        wait_for(
            lambda: (
                subprocess.run(ping, cwd=ROOT, env=migrated, capture_output=True).returncode == 0
            )
        )
    finally:
        assert stop(process) == 0


@pytest.mark.services
@pytest.mark.slow
def test_the_beat_service_keeps_its_schedule(migrated: dict[str, str], tmp_path: Path) -> None:
    paths = {"/tmp/beat": str(tmp_path / "beat"), "/tmp/beat.pid": str(tmp_path / "beat.pid")}
    process = subprocess.Popen(words("beat", **paths), cwd=ROOT, env=migrated)
    check = SERVICES["beat"]["healthcheck"]["test"][1:]
    ping = [sys.executable, "-c", check[2].replace("/tmp/beat.pid", paths["/tmp/beat.pid"])]
    try:
        wait_for(lambda: subprocess.run(ping, stderr=subprocess.DEVNULL).returncode == 0)
    finally:
        stop(process)


def test_every_service_of_ours_is_confined() -> None:
    for name in OURS:
        service = SERVICES[name]
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name


def test_every_lasting_service_has_a_health_check() -> None:
    assert {name for name in SERVICES if "healthcheck" not in SERVICES[name]} == {"migrate"}


def test_no_secret_is_written_into_the_compose_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("CONSILIUM_SECRET_KEY", "POSTGRES_PASSWORD"):
        assert re.search(rf"\$\{{{name}:\?", text), f"{name} must be required from .env"


def test_the_images_run_as_an_ordinary_user_and_only_the_worker_carries_models() -> None:
    web, worker = (ROOT / "Dockerfile").read_text().split("AS worker")
    assert "USER consilium" in web and "USER consilium" in worker
    assert "models" not in web.split("AS web")[1]
    assert ",models]" in worker


def test_what_the_dockerfile_copies_exists() -> None:
    sources = re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    missing = [name for line in sources for name in line.split() if not (ROOT / name).exists()]
    assert not missing
