"""The embedded broker ``safefs://``: kombu's filesystem transport without its lost messages.

The one kombu ships writes a message under its final name, so a busy reader may take it half
written; the worker then exits on the JSON error (kombu issue 1551). It also rewrites its table of
bindings in place. Here every file appears whole, by an atomic rename, and what cannot be read is
set aside: a lost bell costs seconds, because the work itself is in the database.
"""

import fcntl
import json
import logging
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem, virtual

logger = logging.getLogger(__name__)
Bindings = list[Any]


class Channel(filesystem.Channel):  # type: ignore[misc]
    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:
        """Wall-clock names keep the order over a reboot, where a monotonic clock restarts."""
        name = f"{time.time_ns():020d}_{uuid.uuid4()}.{queue}.msg"
        _write_whole(Path(self.data_folder_out) / name, json.dumps(payload))

    def _get(self, queue: str) -> dict[str, Any]:
        for name in self._waiting(queue):
            payload = _take(Path(self.data_folder_in) / name)
            if payload is not None:
                return payload
        raise Empty

    def _waiting(self, queue: str) -> list[str]:
        names = (entry.name for entry in os.scandir(self.data_folder_in))
        return sorted(name for name in names if name.partition(".")[2] == f"{queue}.msg")

    def get_table(self, exchange: str) -> Bindings:
        try:
            rows = json.loads(self._exchange_file(exchange).read_text())
            return [filesystem.exchange_queue_t(*row) for row in rows]
        except (FileNotFoundError, ValueError, TypeError):
            return []

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self._rebind(exchange, lambda rows: rows if row in rows else [row, *rows])

    def _delete(
        self, queue: str, exchange: str, routing_key: str, pattern: str, *args: Any, **kwargs: Any
    ) -> None:
        self._purge(queue)
        gone = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self._rebind(exchange, lambda rows: [row for row in rows if row != gone])

    def _rebind(self, exchange: str, change: Callable[[Bindings], Bindings]) -> None:
        file = self._exchange_file(exchange)
        with _locked(self.control_folder):
            before = self.get_table(exchange)
            after = change(before)
            if after != before:
                _write_whole(file, json.dumps(after))


class Transport(filesystem.Transport):  # type: ignore[misc]
    Channel = Channel

    def __init__(self, client: Any, **kwargs: Any) -> None:
        """Each connection writes its bindings: the folder may have been emptied meanwhile."""
        super().__init__(client, **kwargs)
        self.state = virtual.BrokerState()


def _write_whole(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    part.write_text(text)
    part.replace(path)


def _take(path: Path) -> dict[str, Any] | None:
    """The message, now ours alone; ``None`` if another reader was quicker or it is garbage."""
    taken = path.with_name(f"{path.name}.taken")
    try:
        path.rename(taken)
        payload: dict[str, Any] = json.loads(taken.read_bytes())
        _ = (payload["body"], payload["headers"], payload["properties"]["delivery_tag"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        logger.warning("A broker message could not be read and was set aside: %s", taken.name)
        return None
    taken.unlink(missing_ok=True)
    return payload


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
