"""Which systems are loaded: the most recently used stay, a busy one is never put out."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from time import perf_counter

from arena.generations.models import SystemVersion
from workers.adapters.base import Adapter
from workers.adapters.registry import adapter_for


class Residents:
    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._loaded: OrderedDict[int, Resident] = OrderedDict()
        self._lock = threading.Lock()

    def ids(self) -> list[int]:
        """The loaded system versions."""
        with self._lock:
            return list(self._loaded)

    @contextmanager
    def use(self, version: SystemVersion) -> Iterator["Resident"]:
        """The version's adapter, loaded; raises what loading raises.

        One thread at a time, unless the adapter says that it can be asked by several.
        """
        resident = self._enter(version)
        try:
            with resident.turn:
                resident.load()
            with nullcontext() if resident.adapter.threads else resident.turn:
                yield resident
        finally:
            self._leave(resident)

    def _enter(self, version: SystemVersion) -> "Resident":
        with self._lock:
            resident = self._loaded.get(version.pk)
            # A database restored under a running worker may give the number to another system.
            if resident is None or resident.digest != version.digest:
                adapter = adapter_for(version.adapter, version.config, version.revision)
                resident = self._loaded[version.pk] = Resident(adapter, version.digest)
            resident.users += 1
            self._loaded.move_to_end(version.pk)
            return resident

    def _leave(self, resident: "Resident") -> None:
        with self._lock:
            resident.users -= 1
            idle = [key for key, held in self._loaded.items() if not held.users]
            for key in idle[: max(0, len(self._loaded) - self.capacity)]:
                self._loaded.pop(key).adapter.close()


class Resident:
    """A loaded adapter; ``turn`` lets one thread in at a time."""

    def __init__(self, adapter: Adapter, digest: str) -> None:
        self.adapter, self.digest, self.users, self.load_seconds = adapter, digest, 0, 0.0
        self.turn = threading.Lock()
        self._ready = False

    def load(self) -> None:
        if not self._ready:
            started = perf_counter()
            self.adapter.load()
            self.load_seconds, self._ready = perf_counter() - started, True
