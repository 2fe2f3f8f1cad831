"""Which systems are loaded: the most recently used stay, within the device's memory; a busy one is
never put out.

Light ones (a server's address, a rule) cost nothing and are only counted. Heavy ones are let in one
at a time, when what they need fits beside what is measured to be there; who waits for memory goes
before those that would use a loaded one again, so that nobody waits for ever.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from time import monotonic, perf_counter

from arena.core.audit import audit_record
from arena.generations.models import SystemVersion
from workers import devices
from workers.adapters.base import Adapter, AdapterError
from workers.adapters.registry import adapter_for

TURN_SECONDS = 60.0
LOAD_SHARE = 9
"""A turn is at least so many times as long as the loading before it."""
LOOK_SECONDS = 1.0


class Residents:
    """``capacity``: how many heavy and how many light ones stay loaded while nobody uses them."""

    def __init__(self, capacity: int, *, turn_seconds: float = TURN_SECONDS) -> None:
        self.capacity, self.turn_seconds, self.loads = capacity, turn_seconds, 0
        self._loaded: OrderedDict[int, Resident] = OrderedDict()
        self._lock = threading.Lock()
        self._left = threading.Condition(self._lock)
        self._door = threading.Lock()
        self._turn_ends = 0.0

    def ids(self) -> list[int]:
        """The loaded system versions."""
        with self._lock:
            return list(self._loaded)

    def favoured(self) -> list[int]:
        """Those whose backlog goes first: the loaded ones, until others have waited their turn.

        A turn ends some time after the last load (longer where loading took long); then the head of
        the queue goes first, whatever it is, and where that has to be loaded, a new turn begins.
        """
        return self.ids() if monotonic() < self._turn_ends else []

    @contextmanager
    def use(self, version: SystemVersion) -> Iterator["Resident"]:
        """The version's adapter, loaded; raises what loading raises.

        One thread at a time, unless the adapter says that it can be asked by several.
        """
        resident = self._enter(version)
        try:
            with nullcontext() if resident.adapter.threads else resident.turn:
                yield resident
        finally:
            self._leave(resident)

    def close(self) -> None:
        """Put out all that nobody uses."""
        with self._lock:
            self._put_out(lambda held: True, keep=0)

    def _enter(self, version: SystemVersion) -> "Resident":
        resident = self._found(version)
        with self._door if resident.adapter.heavy else nullcontext():
            # While we waited at the door it may have been put out.
            resident = self._found(version, users=1)
            try:
                with resident.loading:
                    self._load(resident, version)
            except BaseException:
                self._leave(resident)
                raise
            return resident

    def _found(self, version: SystemVersion, users: int = 0) -> "Resident":
        with self._lock:
            resident = self._loaded.get(version.pk)
            # A database restored under a running worker may give the number to another system.
            if resident is None or resident.digest != version.digest:
                adapter = adapter_for(version.adapter, version.config, version.revision)
                resident = self._loaded[version.pk] = Resident(adapter, version.digest)
            resident.users += users
            self._loaded.move_to_end(version.pk)
            return resident

    def _load(self, resident: "Resident", version: SystemVersion) -> None:
        if resident.ready:
            return
        if resident.adapter.heavy:
            self._make_room(resident.adapter)
        resident.load()
        _note_code(resident.adapter, version)
        if resident.adapter.heavy:
            self.loads += 1
            turn = max(self.turn_seconds, LOAD_SHARE * resident.load_seconds)
            self._turn_ends = monotonic() + turn

    def _make_room(self, adapter: Adapter) -> None:
        """Put out idle ones, or wait for busy ones, until ``adapter`` fits."""
        needed, device = adapter.needs(), devices.device()
        limit = devices.memory_limit(device)
        if needed > limit:
            problem = (
                f"The model needs about {_gigabytes(needed)}; the models of this worker may take "
                f"{_gigabytes(limit)} together. Use a smaller one, or a model server."
            )
            raise AdapterError(problem, failure="out_of_memory")
        with self._lock:
            self._put_out(lambda held: held.adapter.heavy, keep=self.capacity - 1)
            while self._held() + needed > limit or needed > devices.memory_free(device):
                if self._put_out_one():
                    continue
                if not any(held.busy_beside(adapter) for held in self._loaded.values()):
                    problem = f"There is no room for {_gigabytes(needed)} on {device} just now."
                    raise AdapterError(
                        problem, failure="out_of_memory", retryable=True, retry_after=30.0
                    )
                self._left.wait(LOOK_SECONDS)

    def _held(self) -> int:
        """Bytes of all loaded ones; what several share counts once."""
        held: dict[str, int] = {}
        for resident in self._loaded.values():
            held |= resident.adapter.holds()
        return sum(held.values())

    def _leave(self, resident: "Resident") -> None:
        with self._lock:
            resident.users -= 1
            if not resident.ready and not resident.users:
                self._forget(resident)
            heavy = resident.adapter.heavy
            self._put_out(lambda held: held.adapter.heavy == heavy, keep=self.capacity)
            self._left.notify_all()

    def _forget(self, resident: "Resident") -> None:
        """One that could not be loaded."""
        keys = [key for key, held in self._loaded.items() if held is resident]
        for key in keys:
            del self._loaded[key]

    def _put_out(self, among: "Callable[[Resident], bool]", keep: int) -> None:
        """Of those ``among`` which we look, the idle ones that were longest unused."""
        keys = [key for key, held in self._loaded.items() if among(held) and held.ready]
        idle = [key for key in keys if not self._loaded[key].users]
        for key in idle[: max(0, len(keys) - keep)]:
            self._loaded.pop(key).adapter.close()

    def _put_out_one(self) -> bool:
        heavy = [key for key, held in self._loaded.items() if held.adapter.heavy and held.ready]
        idle = [key for key in heavy if not self._loaded[key].users]
        if idle:
            self._loaded.pop(idle[0]).adapter.close()
        return bool(idle)


class Resident:
    """A loaded adapter; ``turn`` lets one thread in at a time."""

    def __init__(self, adapter: Adapter, digest: str) -> None:
        self.adapter, self.digest, self.users, self.load_seconds = adapter, digest, 0, 0.0
        self.turn, self.loading, self.ready = threading.Lock(), threading.Lock(), False

    def load(self) -> None:
        started = perf_counter()
        try:
            self.adapter.load()
        except BaseException:
            # What was loaded before it was refused goes; why it was is what has to be told.
            with suppress(Exception):
                self.adapter.close()
            raise
        self.load_seconds, self.ready = perf_counter() - started, True

    def busy_beside(self, adapter: Adapter) -> bool:
        return self.adapter.heavy and self.users > 0 and self.adapter is not adapter


def _note_code(adapter: Adapter, version: SystemVersion) -> None:
    """Code that is not ours, and was allowed by the operator, leaves a line in the audit trail."""
    if adapter.own_code:
        detail = {"code": adapter.own_code, "adapter": version.adapter}
        target = version if version.system_id else version.digest
        audit_record(actor="operator", action="system:run-code", target=target, detail=detail)


def _gigabytes(size: int) -> str:
    return f"{size / 2**30:.1f} GB"
