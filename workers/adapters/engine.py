"""Continuous batching: requests join and leave the batch at every token; none waits for another.

All of transformers' continuous batching that the project uses is in this file; its API moves within
a major version. One thread owns the manager: it admits requests, hands out results, watches time
limits, and builds a new manager when one dies (one odd request can end it for all). After such a
death the requests that were in it are tried one at a time, so that only the culprit fails; when
memory ran out, half as many are let in.
"""

import logging
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter
from typing import Any

from transformers import GenerationConfig
from transformers.generation.configuration_utils import ContinuousBatchingConfig

from workers import devices
from workers.adapters.base import AdapterError
from workers.adapters.decoding import Decoding
from workers.adapters.generating import Made, Request, Stops
from workers.adapters.sampling import SeededRequests
from workers.energy import Energy

logger = logging.getLogger(__name__)
# Its errors reach us with the results; on a CPU it also complains about psutil.
logging.getLogger("ContinuousBatchingLogger").setLevel(logging.CRITICAL)

PAGE = 16
BATCH_TOKENS = {"cpu": 512, "cuda": 2048}
CACHE_SHARE = 0.5
"""Of the memory that is free once the weights are loaded."""
LOOK_SECONDS = 0.02
PATIENCE_SECONDS = 30.0
LOST_SECONDS = 5.0


@dataclass
class Ride:
    """A request on its way through the engine."""

    request: Request
    future: "Future[Made]" = field(default_factory=Future)
    asked: float = field(default_factory=perf_counter)
    began: float = 0.0
    alone: bool = False
    mates: int = 1
    device_seconds: float = 0.0
    joules: float | None = None


class Engine:
    """One model, one decoding, up to ``in_flight`` requests at a time; any thread may submit."""

    def __init__(
        self, model: Any, decoding: Decoding, stops: Stops, *, device: str, in_flight: int = 16,
        context: int = 4096,
    ) -> None:  # fmt: skip
        self.in_flight, self.choice, self.rebuilt = in_flight, decoding.choice, 0
        self._model, self._decoding, self._stops = model, decoding, stops
        self._device, self._energy, self._shared = device, Energy(device), 0.0
        self._blocks = _blocks(model, device, in_flight * context)
        self._names = count()
        self._waiting: deque[Ride] = deque()
        self._riding: dict[str, Ride] = {}
        self._bell, self._door, self._closing = threading.Event(), threading.Lock(), False
        self._manager: Any = None
        self._idle_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    @property
    def capacity(self) -> int:
        """The most tokens that a prompt and its answer may have together."""
        return self._blocks * PAGE

    @property
    def size(self) -> int:
        """Bytes of the cache of keys and values."""
        return self.capacity * _bytes_per_token(self._model)

    def fits(self, request: Request) -> bool:
        """Whether the cache can hold it; one that it cannot would end the engine for all."""
        return len(request.ids) + request.decoding.max_tokens <= self.capacity

    def submit(self, request: Request) -> "Future[Made]":
        """The tokens to come. The future raises what went wrong with this request alone."""
        if not self.fits(request) or request.decoding.choice != self.choice:
            raise ValueError("The request does not fit this engine.")
        ride = Ride(request)
        with self._door:
            if self._closing:
                ride.future.set_exception(_closed())
            else:
                self._waiting.append(ride)
        self._bell.set()
        return ride.future

    @property
    def idle(self) -> bool:
        return not self._waiting and not self._riding

    def close(self) -> None:
        """Ends the thread; what is unfinished fails as retryable."""
        with self._door:
            self._closing = True
        self._bell.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._closing:
                if not self._riding and not self._waiting:
                    self._bell.wait()
                self._bell.clear()
                self._turn()
        finally:
            self._stop()
            for ride in [*self._riding.values(), *self._waiting]:
                ride.future.set_exception(_closed())

    def _turn(self) -> None:
        try:
            self._admit()
            output = self._manager.get_result(timeout=LOOK_SECONDS) if self._riding else None
            self._share()
            if output is not None and output.is_finished():
                self._settle(output)
            self._look_after()
        except Exception as error:
            # Whatever the manager does must not end the thread: everybody waits for it.
            logger.exception("the engine stumbled and is built anew")
            self._rebuild(error)

    def _admit(self) -> None:
        if self._waiting and self._manager is None and not self._built():
            return
        while self._waiting and self._may_enter(self._waiting[0]):
            ride = self._waiting.popleft()
            if ride.request.unwanted():
                self._end(ride, [], "unwanted")
                continue
            self._enter(ride)
        for ride in self._riding.values():
            ride.mates = max(ride.mates, len(self._riding))

    def _may_enter(self, ride: Ride) -> bool:
        """Suspects ride alone."""
        if ride.alone or any(other.alone for other in self._riding.values()):
            return not self._riding
        return len(self._riding) < self.in_flight

    def _enter(self, ride: Ride) -> None:
        name, request = f"r{next(self._names)}", ride.request
        ride.began = perf_counter()
        if not self._riding:
            self._shared = ride.began
            self._energy.begin()
        self._riding[name] = ride
        self._manager.add_request(
            list(request.ids),
            request_id=name,
            max_new_tokens=request.decoding.max_tokens,
            record_timestamps=True,
            eos_token_id=sorted(self._stops.ends),
            **({"seed": request.seed} if self._decoding.sampled else {}),
        )

    def _settle(self, output: Any) -> None:
        ride = self._riding.get(output.request_id)
        if ride is None:
            return
        if output.error is not None:
            self._rebuild(self._manager.background_thread_status.fatal_error or output.error)
            return
        del self._riding[output.request_id]
        ids, ended = self._stops.cut(output.generated_tokens)
        self._end(ride, ids, "stop" if ended else "length", output.timestamps)

    def _end(self, ride: Ride, ids: list[int], finish: str, times: Any = None) -> None:
        now, began = perf_counter(), ride.began or perf_counter()
        made = Made(
            ids,
            finish,
            "continuous",
            ride.mates,
            queue_seconds=began - ride.asked,
            first_token_seconds=times[0] - began if times else None,
            seconds=now - began,
            device_seconds=ride.device_seconds,
            joules=ride.joules,
        )
        ride.future.set_result(made)

    def _share(self) -> None:
        """Time and energy since the last look, in equal parts to those in flight.

        Each of them writes a token per step, so that over time the parts are as the tokens.
        """
        now, joules = perf_counter(), self._energy.since()
        passed, self._shared = now - self._shared, now
        for ride in self._riding.values():
            ride.device_seconds += passed / len(self._riding)
            if joules is not None:
                ride.joules = (ride.joules or 0.0) + joules / len(self._riding)

    def _look_after(self) -> None:
        """Time limits, requests nobody wants, and whether the manager still lives."""
        now = perf_counter()
        for name, ride in list(self._riding.items()):
            limit = ride.request.seconds
            if ride.request.unwanted():
                self._break_off(name, "unwanted")
            elif limit is not None and now - ride.began > limit:
                self._break_off(name, "time")
        if self._riding and (not self._manager.is_running() or self._lost(now)):
            self._rebuild(self._manager.background_thread_status.fatal_error)

    def _lost(self, now: float) -> bool:
        """Whether we wait for requests that the manager does not know of (any more)."""
        processor = self._manager.batch_processor
        busy = processor is None or processor.has_pending_requests()
        waiting = self._manager.input_queue, self._manager.output_router.output_queue
        if busy or not all(queue.empty() for queue in waiting):
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = now
        return self._idle_since is not None and now - self._idle_since > LOST_SECONDS

    def _break_off(self, name: str, why: str) -> None:
        """A cancelled request yields no result of its own, so its waiter is told here."""
        self._manager.cancel_request(name)
        self._end(self._riding.pop(name), [], why)

    def _rebuild(self, error: Any) -> None:
        """After a death. Nobody knows whose fault it was, unless only one was in it.

        No error at all means that the manager lost them: such a one has a second try.
        """
        riding = list(self._riding.values())
        self._riding.clear()
        self._stop()
        self.rebuilt += 1
        failure = _failure(error)
        if len(riding) == 1 and (error is not None or riding[0].alone):
            riding.pop().future.set_exception(failure)
        if failure.failure == "out_of_memory":
            self.in_flight = max(1, min(self.in_flight, len(riding)) // 2)
        for ride in reversed(riding):
            ride.alone = failure.failure != "out_of_memory"
            self._waiting.appendleft(ride)

    def _built(self) -> bool:
        """A new manager; where there can be none (not every model can be batched so), all fail."""
        try:
            self._manager, self._idle_since = self._build(), None
        except Exception as error:
            while self._waiting:
                self._waiting.popleft().future.set_exception(_failure(error))
        return self._manager is not None

    def _build(self) -> Any:
        # A daemon's threads are daemons: an engine never keeps the process from ending.
        manager = self._model.init_continuous_batching(
            generation_config=GenerationConfig(
                do_sample=False, eos_token_id=sorted(self._stops.ends), pad_token_id=self._stops.pad
            ),
            continuous_batching_config=ContinuousBatchingConfig(
                page_size=PAGE,
                num_blocks=self._blocks,
                max_batch_tokens=BATCH_TOKENS.get(
                    self._device.partition(":")[0], BATCH_TOKENS["cpu"]
                ),
                max_requests_per_batch=self.in_flight,
                auto_switch_to_flash=False,
                drop_unsupported_processors=False,
            ),
        )
        if self._decoding.sampled:
            chosen = manager.logit_processor
            chosen.logits_processor.append(SeededRequests(self._decoding))
            chosen.tensors_required, chosen.do_processing = 1, True
            chosen.supported_keys.update(SeededRequests.supported_kwargs)
        manager.start()
        return manager

    def _stop(self) -> None:
        manager, self._manager = self._manager, None
        if manager is not None:
            manager.stop(block=True, timeout=PATIENCE_SECONDS, hard_stop=True)
            manager.destroy()


def _closed() -> AdapterError:
    return AdapterError("The engine was closed.", retryable=True)


def _failure(error: Any) -> AdapterError:
    """The manager tells of some errors as exceptions, of others in words."""
    real = isinstance(error, BaseException)
    text = f"{type(error).__name__}: {error}" if real else str(error or "The engine stopped.")
    if (real and devices.out_of_memory(error)) or "out of memory" in text.lower():
        return AdapterError(text, failure="out_of_memory", retryable=True)
    return AdapterError(text)


def _blocks(model: Any, device: str, tokens: int) -> int:
    """Pages for ``tokens``, or for as many as fit into the memory that is left."""
    room = int(CACHE_SHARE * devices.memory_free(device)) // _bytes_per_token(model)
    return max(2, min(tokens, room) // PAGE)


def _bytes_per_token(model: Any) -> int:
    """Keys and values of one token in all layers."""
    config = model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    layers: int = config.num_hidden_layers
    return int(2 * layers * heads * width * model.dtype.itemsize)
