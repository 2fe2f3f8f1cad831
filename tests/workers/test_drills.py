"""Drills: processes are killed, bells repeated, brokers filled with garbage; nothing is lost.

Each runs real worker processes on SQLite with the embedded broker, and on PostgreSQL with Redis
and with RabbitMQ where those answer on localhost.
"""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers.sites import KINDS, Site, site_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]


@pytest.fixture(scope="module", params=KINDS)
def whole_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with site_of(request.param, tmp_path_factory.mktemp("drill")) as made:
        yield made


@pytest.fixture
def site(whole_site: Site) -> Iterator[Site]:
    yield whole_site
    whole_site.stop()


def test_a_worker_killed_in_the_middle_loses_nothing_and_doubles_nothing(site: Site) -> None:
    """Killed at 30 % of 200. The first case is poison for every system: it blocks nobody."""
    rows = site.drill("seed", "8", "25", "0.1")["rows"]
    victim = site.worker()
    site.until("succeeded", round(0.3 * rows))
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
