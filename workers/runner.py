"""Claims rows, lets their system answer outside any transaction, and stores what came back."""

import logging
import os
import platform
import socket
import threading
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from arena.core.queue import TaskName, enqueue
from arena.generations.models import Generation
from arena.generations.selectors import resources_waiting
from arena.generations.services import (
    generation_claim,
    generation_complete,
    generation_fail,
    generation_held,
    generation_release,
    leases_renew,
    leases_time_out,
    secret_of,
)
from workers.adapters.base import (
    Adapter,
    AdapterError,
    Ask,
    GivenUpError,
    Result,
    adapter_error,
    fingerprint,
    prompt_known,
)
from workers.asks import ask_for
from workers.devices import device_name
from workers.residency import Residents
from workers.worn import ran_out, worn

logger = logging.getLogger(__name__)

WORKER = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
SHIFT_SECONDS = 60.0
MOST_PER_CLAIM = 32
TIME_LIMIT = 600.0


@dataclass
class Flight:
    """One claim being answered."""

    owner: str
    most_seconds: float
    asks: dict[int, Ask] = field(default_factory=dict)
    """What is still to be answered, by the number of its row."""
    adapter: Adapter | None = None
    started: float = field(default_factory=monotonic)
    renewed: float = field(default_factory=monotonic)


class Crew:
    """The threads of this process that generate; one thread is kept free for other tasks."""

    def __init__(self) -> None:
        self.size = 1
        self.stopping = threading.Event()
        self.flights: dict[str, Flight] = {}
        self._running = 0
        self._lock = threading.Lock()

    def join(self) -> bool:
        with self._lock:
            if self._running >= self.size or self.stopping.is_set():
                return False
            self._running += 1
            return True

    def leave(self) -> None:
        with self._lock:
            self._running -= 1

    @property
    def has_room(self) -> bool:
        return self._running < self.size and not self.stopping.is_set()


crew = Crew()
residents = Residents(capacity=settings.RESIDENT_SYSTEMS)


def run(*, resource: str) -> None:
    """Answer what waits for ``resource``; return when nothing waits, or when the shift is over.

    A bell is answered by one thread, which calls the next one while there is work for it.
    """
    if not crew.join():
        return
    try:
        _shift(resource)
    finally:
        crew.leave()
    if crew.has_room and resource in resources_waiting():
        _ring(resource)


def _shift(resource: str) -> None:
    ends, first = monotonic() + SHIFT_SECONDS, True
    while monotonic() < ends and not crew.stopping.is_set():
        owner = f"{WORKER}/{uuid.uuid4().hex[:12]}"
        rows = generation_claim(
            owner=owner, resource=resource, limit=MOST_PER_CLAIM, resident=residents.favoured()
        )
        if not rows:
            return
        if first and crew.has_room:
            _ring(resource)
        first = False
        _fly(Flight(owner, _most_seconds(rows)), rows)


def _ring(resource: str) -> None:
    enqueue(TaskName.GENERATE, queue=resource, resource=resource)


def _most_seconds(rows: list[Generation]) -> float:
    limit = rows[0].study_system.version.config.get("time_limit") or TIME_LIMIT
    return float(limit) * len(rows)


def _fly(flight: Flight, rows: list[Generation]) -> None:
    crew.flights[flight.owner] = flight
    try:
        _answer(flight, rows)
    finally:
        crew.flights.pop(flight.owner, None)
        generation_release(owner=flight.owner)


def _answer(flight: Flight, rows: list[Generation]) -> None:
    """All rows are of one system version. What is not answered when a stop comes is released."""
    version = rows[0].study_system.version
    try:
        with residents.use(version) as resident:
            resident.adapter.secret = secret_of(version=version.asked)
            flight.adapter = resident.adapter
            flight.asks = {row.pk: ask for row in rows if (ask := _ask(flight, row))}
            shared = _shared(rows[0], resident.adapter.identity(), resident.load_seconds)
            row_of = {id(flight.asks[row.pk]): row for row in rows if row.pk in flight.asks}
            for result in resident.adapter.results(list(flight.asks.values())):
                row = row_of.pop(id(result.ask))
                flight.asks.pop(row.pk)
                _store(flight, row, result, {**shared, **_of(row, result.ask)})
                if crew.stopping.is_set():
                    return
            _fail_all(flight, list(row_of.values()), AdapterError("no answer came back"))
    except DatabaseError:
        # Our fault, not the system's: the rows go back to the queue, or their lease runs out.
        logger.exception("answers could not be stored; they will be asked for again")
    except Exception as error:
        logger.exception("%s could not be loaded or asked", version)
        told = adapter_error(error)
        if ran_out(told):
            worn.note(out_of_memory=True)
        _fail_all(flight, rows, told)


def _ask(flight: Flight, row: Generation) -> Ask | None:
    try:
        return ask_for(row)
    except OSError as error:
        _fail_all(flight, [row], AdapterError(f"A file of the case cannot be read: {error}"))
    except AdapterError as error:
        _fail_all(flight, [row], error)
    return None


def _store(flight: Flight, row: Generation, result: Result, shared: dict[str, Any]) -> None:
    if isinstance(result.error, GivenUpError):
        return
    if flight.adapter is not None and flight.adapter.heavy:
        worn.note(out_of_memory=ran_out(result.error))
    if result.answer is not None:
        provenance = {**shared, **result.answer.provenance, "seed": result.ask.seed}
        stored = generation_complete(
            generation_id=row.pk,
            owner=flight.owner,
            record=result.answer.record,
            files=result.answer.files,
            provenance=provenance,
        )
    else:
        error = result.error or AdapterError("no answer came back")
        stored = _fail(flight, row, error, {**shared, **result.provenance})
    if not stored:
        logger.warning("generation %s was answered after its lease was lost; dropped", row.pk)


def _fail_all(flight: Flight, rows: list[Generation], error: AdapterError) -> None:
    for row in rows:
        _fail(flight, row, error, {})


def _fail(flight: Flight, row: Generation, error: AdapterError, provenance: dict[str, Any]) -> bool:
    return generation_fail(
        generation_id=row.pk,
        owner=flight.owner,
        failure=error.failure,
        error=str(error),
        retryable=error.retryable,
        retry_after=error.retry_after,
        provenance=provenance,
    )


def _shared(row: Generation, identity: dict[str, Any], load_seconds: float) -> dict[str, Any]:
    version = row.study_system.version
    return {
        "system_version": {"number": version.number, "digest": version.digest},
        "identity": identity,
        "prompt": version.prompt,
        "decoding": version.decoding,
        "load_seconds": round(load_seconds, 3),
        "worker": {
            "name": WORKER,
            "machine": platform.machine(),
            "processor": device_name("cpu"),
        },
    }


def _of(row: Generation, ask: Ask) -> dict[str, Any]:
    waited = (row.started_at - row.requested_at).total_seconds() if row.started_at else 0.0
    return {
        "ask": fingerprint(ask),
        "case_version": row.case_version.number,
        "case_digest": row.case_version.digest,
        **prompt_known(ask),
        "attempt": row.attempts,
        "waited_seconds": round(waited, 3),
    }


def leases_hold() -> None:
    """Renew the leases of claims that are being answered, and end those past their time limit.

    What is no longer ours (cancelled, or overdue) is given up where the adapter can do that; where
    it cannot, its late answer finds the lease gone.
    """
    for flight in list(crew.flights.values()):
        if monotonic() - flight.started > flight.most_seconds:
            leases_time_out(owner=flight.owner)
        elif monotonic() - flight.renewed > settings.LEASE_SECONDS / 3:
            flight.renewed = monotonic()
            leases_renew(owner=flight.owner)
        if flight.asks:
            give_up(flight, but=generation_held(owner=flight.owner))


def give_up(flight: Flight, *, but: Collection[int] = ()) -> None:
    """Tell the adapter that nobody waits any more for what is still to be answered."""
    for row_id, ask in list(flight.asks.items()):
        if row_id not in but and flight.adapter is not None:
            flight.adapter.cancel(ask)


def stop() -> None:
    """Claim nothing more and break off what is being generated; its rows go back to the queue."""
    crew.stopping.set()
    for flight in list(crew.flights.values()):
        give_up(flight)
