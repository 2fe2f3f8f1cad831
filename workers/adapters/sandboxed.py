"""An adapter whose code is not ours, answered by a confined process of its own.

The process is kept between cases. One that crashed, hung or was ended for taking too much is
started anew for the next case; the worker itself lives on.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from workers.adapters.base import Adapter, AdapterError, Answer, Ask, GivenUpError, Record
from workers.sandbox.process import Confined, hub_cache
from workers.sandbox.wire import ask_told, result_heard

if TYPE_CHECKING:
    from workers.adapters.checkpoint import Checkpoint
    from workers.adapters.local_model import LocalModel

TIME_LIMIT = 600.0
LOAD_SECONDS = 300.0
MEMORY_GB = 4.0
MODEL_ROOM_GB = 8.0
"""What a model of code of its own may take beside twice its weights: libraries, activations."""


ODD = (LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""What a line raises that is JSON but nothing that was agreed upon."""


class Sandboxed(Adapter):
    """A subclass names the ``place`` of what is confined, and what it may read."""

    place: str

    _process: Confined | None = None

    def __init__(self, config: Mapping[str, Any], revision: str = "") -> None:
        super().__init__(config, revision)
        self._told: Record = {}
        self._unwanted = WeakValueDictionary[int, Ask]()

    def reads(self) -> list[Path]:
        """Folders beside Python's own that the code may read."""
        return []

    def memory_gb(self) -> float:
        """The most main memory it may take; 0: no limit."""
        return memory_told()

    def load(self) -> None:
        self._told = self._started().begin(LOAD_SECONDS)

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def cancel(self, ask: Ask) -> None:
        self._unwanted[id(ask)] = ask
        process = self._process
        if process is not None:
            process.give_up()

    def holds(self) -> Mapping[str, int]:
        held: dict[str, int] = self._told.get("holds") or {}
        return {f"{id(self)} {name}": size for name, size in held.items()}

    def identity(self) -> dict[str, Any]:
        """As the confined process tells it."""
        return {**super().identity(), **self._told.get("identity", {})}

    def answer(self, ask: Ask) -> Answer:
        found = self.answer_batch([ask])[0]
        if isinstance(found, AdapterError):
            raise found
        return found

    def answer_batch(self, asks: Sequence[Ask]) -> Sequence[Answer | AdapterError]:
        wanted = [ask for ask in asks if self._unwanted.get(id(ask)) is not ask]
        found = dict(zip(map(id, wanted), self._answered(wanted), strict=True)) if wanted else {}
        return [found.get(id(ask)) or _taken_back() for ask in asks]

    def _answered(self, asks: Sequence[Ask]) -> list[Answer | AdapterError]:
        process = self._process
        if process is None or not process.alive:
            self.load()
            process = self._process
        if process is None:
            raise AdapterError("It is not loaded.", retryable=True)
        seconds = float(self.config.get("time_limit") or TIME_LIMIT) * len(asks)
        found: dict[int, Answer | AdapterError] = {}
        try:
            for told in process.ask([ask_told(ask) for ask in asks], seconds):
                found[_number(told, found, len(asks))] = self._noted(result_heard(told))
        except ODD as error:  # it must not be asked again: what it still says is of these cases
            process.end()
            problem = "The function's process told nonsense and was ended."
            raise AdapterError(problem, failure="invalid_output") from error
        lost = AdapterError("no answer came back")
        return [found.get(number, lost) for number in range(len(asks))]

    def _started(self) -> Confined:
        self.close()
        limits = {"memory_gb": self.memory_gb()}
        self._process = Confined(
            self.place, self.config, self.revision, reads=self.reads(), limits=limits
        )
        return self._process

    def _noted(self, found: Answer | AdapterError) -> Answer | AdapterError:
        """With what held while it was made; the same limit would stop it again."""
        held = {"sandbox": self._told.get("sandbox")}
        if isinstance(found, Answer):
            return Answer(found.record, {**found.provenance, **held}, found.files)
        found.known = {**found.known, **held}
        if found.failure == "out_of_memory" and self.memory_gb():
            problem = f"{found} (It may take {self.memory_gb():g} GB.)"
            known, found = found.known, AdapterError(problem, failure="out_of_memory")
            found.known = known
        return found


class SandboxedModel(Sandboxed):
    """A model whose repository brings code of its own, which an admin allowed at one state."""

    heavy = True

    def __init__(self, model: "LocalModel") -> None:
        super().__init__(model.config, model.revision)
        self.place = f"{type(model).__module__}:{type(model).__qualname__}"
        self.batch, self._model = model.batch, model
        self.own_code = f"{self.checkpoint.model}@{self.checkpoint.state}"

    @property
    def checkpoint(self) -> "Checkpoint":
        return self._model.checkpoint

    def needs(self) -> int:
        return self._model.needs()

    def reads(self) -> list[Path]:
        return [self.checkpoint.folder, hub_cache()]

    def memory_gb(self) -> float:
        """A GPU's driver reserves addresses without end, so that none are counted there."""
        if self._model.device != "cpu":
            return 0.0
        return round(2 * self.needs() / 2**30 + MODEL_ROOM_GB, 1)


def _number(told: Mapping[str, Any], found: Collection[int], asked: int) -> int:
    """Of the ask that is answered; raises ``ValueError`` where nobody waits for that answer."""
    number = told["number"]
    if type(number) is not int or number in found or not 0 <= number < asked:
        raise ValueError(f"nobody asked number {number!r}")
    return number


def memory_told() -> float:
    """``CONSILIUM_CALLABLE_MEMORY_GB``; raises ``AdapterError`` where that is no number."""
    told = os.environ.get("CONSILIUM_CALLABLE_MEMORY_GB", "").strip()
    try:
        return float(told) if told else MEMORY_GB
    except ValueError as error:
        problem = f"CONSILIUM_CALLABLE_MEMORY_GB={told!r} must be a number of gigabytes."
        raise AdapterError(problem, failure="rejected_by_policy") from error


def _taken_back() -> AdapterError:
    return GivenUpError("It was taken back before it was finished.", retryable=True)
