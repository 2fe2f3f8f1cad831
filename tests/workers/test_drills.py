"""Drills: processes are killed, bells repeated, brokers filled with garbage; nothing is lost.

Each runs real worker processes on SQLite with the embedded broker, and on PostgreSQL with Redis
and with RabbitMQ where those answer on localhost.
"""

import os
import signal
import subprocess
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
    took = stopped(worker)
    found = site.drill("report")
    assert took < allowed()
    assert (found["claimed"], found["most_attempts"]) == (0, 0), site.log()


@pytest.mark.timeout(400)
def test_a_polite_stop_in_the_middle_of_what_a_model_writes_loses_nothing(
    site: Site, tmp_path: Path
) -> None:
    """A real engine, stopped after its first answers; another worker answers the rest."""
    checkpoints = pytest.importorskip("tests.workers.checkpoints", reason="no torch")
    shape = {"hidden_size": 256, "num_hidden_layers": 4, "max_position_embeddings": 1024}
    folder = checkpoints.llama(tmp_path / "model", ends=False, **shape)
    rows = site.drill("model", str(folder), "24", "200")["rows"]
    worker = site.worker()
    site.until("succeeded", 2, seconds=180)
    took = stopped(worker)
    found = site.drill("report")
    given_back = found["queued"]
    print(f"gone after {took:.1f} s of {allowed():.0f}; {given_back} of {rows} given back")
    assert took < allowed()
    assert given_back, "it was not stopped in the middle of anything"
    assert (found["claimed"], given_back + found["stored"]) == (0, rows)
    site.worker()
    found = site.until("stored", rows)
    assert (found["stored"], found["doubled"], found["most_attempts"]) == (rows, 0, 1)
    # A model of random weights may have nothing to say, stopped or not.
    assert all(said.startswith("empty: ") for said in site.drill("failures")["said"])


def stopped(worker: subprocess.Popen[bytes]) -> float:
    """Seconds from the signal to the end of the process."""
    asked = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=100)
    return time.monotonic() - asked


def allowed() -> float:
    """Ten seconds; up to thrice as many where others want more cores than there are."""
    return 10 * min(3.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


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
