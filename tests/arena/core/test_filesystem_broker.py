"""The embedded broker: nothing lost, nothing half read, garbage survived."""

import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

import arena.celery  # noqa: F401  (names the transport)
from arena.core.env import broker_options


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "broker"


@pytest.fixture
def connection(folder: Path) -> Iterator[Connection]:
    yield from _connected(folder)


def _connected(folder: Path) -> Iterator[Connection]:
    url = "safefs://localhost"
    with Connection(url, transport_options=broker_options(url, folder)) as made:
        yield made


def read_all(queue: Any) -> list[Any]:
    found = []
    while True:
        try:
            message = queue.get(block=False)
        except Empty:
            return found
        found.append(message.payload)
        message.ack()


def test_messages_come_in_the_order_they_were_sent(connection: Connection) -> None:
    queue = connection.SimpleQueue("default")
    for number in range(20):
        queue.put(number)
    assert read_all(queue) == list(range(20))


def test_queues_are_kept_apart(connection: Connection) -> None:
    cpu, gpu = connection.SimpleQueue("cpu"), connection.SimpleQueue("gpu")
    cpu.put("for cpu")
    assert read_all(gpu) == []
    assert read_all(cpu) == ["for cpu"]


def test_the_folder_is_private(connection: Connection, folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("garbage", [b"", b'{"body": ', b"\xff\xfe", b"[1, 2]", b'{"body": 1}'])
def test_a_file_that_cannot_be_read_is_set_aside(
    connection: Connection, folder: Path, garbage: bytes
) -> None:
    queue = connection.SimpleQueue("default")
    (folder / "00000000000000000001_x.default.msg").write_bytes(garbage)
    queue.put("after the garbage")
    assert read_all(queue) == ["after the garbage"]


def test_a_file_still_being_written_is_not_taken(connection: Connection, folder: Path) -> None:
    queue = connection.SimpleQueue("default")
    (folder / "00000000000000000001_x.default.msg.abc.part").write_text('{"body"')
    assert read_all(queue) == []


def test_a_broken_table_of_bindings_is_written_anew(connection: Connection, folder: Path) -> None:
    control = folder / "control"
    control.mkdir(parents=True)
    (control / "default.exchange").write_bytes(b"")
    queue = connection.SimpleQueue("default")
    queue.put("bound again")
    assert read_all(queue) == ["bound again"]


def test_a_busy_reader_loses_nothing_and_reads_nothing_twice(folder: Path) -> None:
    """kombu's own transport lost 7 of 5,000 messages here, and the worker with them."""
    found: list[list[Any]] = [[], []]
    sent = threading.Event()

    def read(mine: list[Any]) -> None:
        for connection in _connected(folder):
            queue = connection.SimpleQueue("default")
            while not sent.is_set():
                mine += read_all(queue)
            mine += read_all(queue)

    readers = [threading.Thread(target=read, args=[mine]) for mine in found]
    for reader in readers:
        reader.start()
    for connection in _connected(folder):
        queue = connection.SimpleQueue("default")
        for number in range(600):
            queue.put(number)
    sent.set()
    for reader in readers:
        reader.join()
    assert sorted([*found[0], *found[1]]) == list(range(600))
