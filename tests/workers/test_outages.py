"""Drills: broker, database and disk go away for a while, clocks jump; nothing is lost.

An outage is ours, not the systems': it must never be counted as a failure of theirs.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.workers.outage import relay
from tests.workers.sites import KINDS, Site, purge, site_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]
OUTAGE_SECONDS = 3
SYSTEMS, CASES = 5, 8
ROWS, POISON = SYSTEMS * CASES, SYSTEMS


def seed(site: Site, seconds: float = 0.1) -> None:
    assert site.drill("seed", str(SYSTEMS), str(CASES), str(seconds))["rows"] == ROWS


def require_nothing_lost(site: Site) -> None:
    """Only the poison case of each system failed; every other was answered once."""
    found = site.until("stored", ROWS)
    print(f"lost {ROWS - found['stored']}, doubled {found['doubled']}")
    assert (found["succeeded"], found["failed"], found["doubled"]) == (
        ROWS - POISON,
        POISON,
        0,
    ), site.log()


@pytest.mark.parametrize("kind", KINDS)
def test_a_broker_that_forgets_all_and_comes_back(kind: str, tmp_path: Path) -> None:
    with site_of(kind, tmp_path) as site:
        seed(site)
        broker = kind.partition("+")[2]
        if broker == "safefs":
            site.worker()
            site.until("succeeded", 10)
            for message in (tmp_path / "broker").rglob("*.msg"):
                message.unlink(missing_ok=True)
            return require_nothing_lost(site)
        with relay(site.env["CONSILIUM_BROKER_URL"]) as way:
            site.worker(CONSILIUM_BROKER_URL=way.url)
            site.until("succeeded", 10)
            way.cut()
            purge(broker)
            time.sleep(OUTAGE_SECONDS)
            way.mend()
            return require_nothing_lost(site)


def test_a_database_that_restarts(tmp_path: Path) -> None:
    with (
        site_of("postgresql+redis", tmp_path) as site,
        relay(site.env["CONSILIUM_DATABASE_URL"]) as way,
    ):
        seed(site)
        site.worker(CONSILIUM_DATABASE_URL=way.url)
        site.until("succeeded", 10)
        way.cut()
        time.sleep(OUTAGE_SECONDS)
        way.mend()
        require_nothing_lost(site)


@pytest.mark.parametrize(("kind", "hours"), [("sqlite+safefs", 2), ("postgresql+redis", -2)])
def test_a_worker_whose_clock_is_hours_off(kind: str, hours: int, tmp_path: Path) -> None:
    """Beside one whose clock is right: leases are a matter of the database's clock alone."""
    with site_of(kind, tmp_path) as site:
        seed(site)
        site.worker()
        site.worker(PYTHONPATH=str(Path(__file__).parent / "skewed"), DRILL_HOURS=str(hours))
        found = site.until("stored", ROWS)
        assert found["most_attempts"] == 1, site.log()
        require_nothing_lost(site)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 24 MB; skips where one may not be mounted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no file system may be mounted here (needs root)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_that_is_cleared_again(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, site_of("sqlite+safefs", disk) as site:
        seed(site)
        site.worker()
        site.until("succeeded", 10)
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(65536))
        full_since = time.monotonic()
        time.sleep(OUTAGE_SECONDS)
        stuck = site.drill("report")
        assert stuck["stored"] < ROWS, "the disk was never full"
        ballast.unlink()
        require_nothing_lost(site)
        print(f"went on after {time.monotonic() - full_since:.1f} s")
