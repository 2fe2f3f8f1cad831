"""A language model from the Hub or a folder, run in this process.

Greedy and sampled answers are batched continuously where the model can be; decodings that look back
at what was written (repetition penalties, stop words) are answered in padded batches of similar
length. The text is the same in all of them, up to the last bit of half precision.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workers.adapters.base import AdapterError, Answer, Ask, Result, adapter_error
from workers.adapters.chat_template import Prompt
from workers.adapters.decoding import Decoding
from workers.adapters.text_model import TextModel

if TYPE_CHECKING:
    from workers.adapters.engine import Engine
    from workers.adapters.generating import Made, Request

logger = logging.getLogger(__name__)
CONTINUOUS = ("auto", "continuous")
IN_FLIGHT = {"cpu": 16, "cuda": 64}
CONTEXT = {"cpu": 2048, "cuda": 4096}


@dataclass(frozen=True)
class Prepared:
    """An ask ready for the engine."""

    ask: Ask
    request: "Request"
    prompt: Prompt
    engine: "Engine"


class TransformersText(TextModel):
    """``batching``: auto, continuous, padded or alone; ``in_flight``: how many at a time."""

    model_class = "AutoModelForCausalLM"

    _fault = ""
    """Why this model cannot be batched continuously."""

    def __init__(self, config: Mapping[str, Any], revision: str = "") -> None:
        super().__init__(config, revision)
        self.threads = self._batching in CONTINUOUS
        self.batch = 1 if self._batching == "alone" else int(self.config.get("in_flight") or 16)

    def size(self, ask: Ask) -> int:
        return len(self._prompt(ask).ids)

    def single_results(self, asks: Sequence[Ask]) -> Iterator[Result]:
        """Continuously batched ones as they finish, then the others."""
        ready, others = [], []
        for ask in asks:
            try:
                one = self._prepared(ask)
            except Exception as error:
                yield Result(ask, error=adapter_error(error).with_traceback(None))
                continue
            if one is None:
                others.append(ask)
            else:
                ready.append(one)
        waiting = {one.engine.submit(one.request): one for one in ready}
        for future in as_completed(waiting):
            yield self._arrived(future, waiting[future])
        yield from super().single_results(others)

    def run(self, asks: Sequence[Ask]) -> list[Answer | AdapterError]:
        from workers.adapters.generating import generate, padded

        prompts = [self._prompt(ask) for ask in asks]
        requests = [self.request(ask, p.ids) for ask, p in zip(asks, prompts, strict=True)]
        inputs = padded([prompt.ids for prompt in prompts], self.stops.pad, self.model.device)
        mode = "padded" if len(asks) > 1 else "alone"
        made = generate(self.model, inputs, requests, self.stops, energy=self.energy, batching=mode)
        return [self.answered(*each) for each in zip(asks, requests, made, prompts, strict=True)]

    def _prompt(self, ask: Ask) -> Prompt:
        return self.template.prompt(self.messages(ask))

    def _prepared(self, ask: Ask) -> "Prepared | None":
        """What the engine needs to know; ``None`` where it cannot honour this ask."""
        if self._batching not in CONTINUOUS or not Decoding.of(ask.decoding).simple:
            return None
        prompt = self._prompt(ask)
        request = self.request(ask, prompt.ids)
        with self._held.turn:
            engine = self._engine(request.decoding)
        return Prepared(ask, request, prompt, engine) if engine and engine.fits(request) else None

    def _arrived(self, future: "Future[Made]", one: Prepared) -> Result:
        try:
            found = self.told(self.answered(one.ask, one.request, future.result(), one.prompt))
        except Exception as error:
            found = adapter_error(error).with_traceback(None)
        if isinstance(found, AdapterError):
            return Result(one.ask, error=found, provenance=found.known)
        return Result(one.ask, found)

    def _engine(self, decoding: Decoding) -> "Engine | None":
        """The engine beside the weights; one that serves another choice gives way when idle."""
        beside = self._held.beside
        engine: Engine | None = beside.get("engine")
        if engine is not None and engine.choice != decoding.choice:
            if not engine.idle:
                return None
            beside.pop("engine").close()
            engine = None
        return engine or self._new_engine(decoding)

    def _new_engine(self, decoding: Decoding) -> "Engine | None":
        """Tried with one token; ``None`` where this model cannot be batched so."""
        from workers.adapters.engine import Engine
        from workers.adapters.generating import Request

        if self._fault:
            return None
        engine = Engine(
            self.model,
            decoding,
            self.stops,
            device=self.device,
            in_flight=int(self.config.get("in_flight") or self._usual(IN_FLIGHT)),
            context=min(self.room or self._usual(CONTEXT), self._usual(CONTEXT)),
        )
        try:
            engine.submit(Request((self.stops.pad,), replace(decoding, max_tokens=1))).result()
        except AdapterError as error:
            engine.close()
            self._fault = str(error)
            if self._batching == "continuous":
                problem = f"The model cannot be batched continuously: {error}"
                raise AdapterError(problem, failure="rejected_by_policy") from error
            logger.info("%s is answered in padded batches: %s", self.config["model"], error)
            return None
        self._held.beside["engine"] = engine
        return engine

    def needs(self) -> int:
        """With a cache of keys and values for one answer at least; more is taken if it is there."""
        weights = super().needs()
        if not weights or self._batching not in CONTINUOUS:
            return weights
        told = self.checkpoint.config
        config = {**told, **(told.get("text_config") or {})}
        room = config.get("max_position_embeddings") or self._usual(CONTEXT)
        return weights + min(room, self._usual(CONTEXT)) * _cached_bytes(config)

    def _usual(self, by_device: Mapping[str, int]) -> int:
        return by_device.get(self.device.partition(":")[0], by_device["cpu"])

    @property
    def _batching(self) -> str:
        return str(self.config.get("batching") or "auto")


def _cached_bytes(config: Mapping[str, Any]) -> int:
    """Keys and values of one token, at 16 bits or more; 0 where the configuration does not say."""
    heads = config.get("num_attention_heads")
    layers, width = config.get("num_hidden_layers"), config.get("hidden_size")
    if not (heads and layers and width):
        return 0
    kept, size = config.get("num_key_value_heads") or heads, config.get("head_dim")
    return int(2 * layers * kept * (size or width // heads) * 2)
