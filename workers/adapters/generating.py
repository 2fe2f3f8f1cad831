"""What every way of generating text has in common: what is asked, what was made, padded batches.

Continuous batching is in ``engine``; one request alone is a padded batch of one, the reference.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig, StoppingCriteria, StoppingCriteriaList

from workers.adapters.base import AdapterError, GivenUpError
from workers.adapters.decoding import Decoding
from workers.adapters.sampling import SeededRows
from workers.energy import Energy


@dataclass(frozen=True)
class Request:
    """One text to go on with."""

    ids: tuple[int, ...]
    decoding: Decoding
    seed: int = 0
    seconds: float | None = None
    """The most it may take once it has begun."""
    unwanted: Callable[[], bool] = lambda: False
    """True as soon as nobody waits for it any more."""


@dataclass
class Made:
    """The tokens after the prompt, and how they came about."""

    ids: list[int]
    finish: str
    """``stop``, ``length``, or why it was broken off: ``time`` or ``unwanted``."""
    batching: str
    batch: int
    """How many were computed together, this one included; the most there were at a time."""
    queue_seconds: float = 0.0
    first_token_seconds: float | None = None
    seconds: float = 0.0
    device_seconds: float = 0.0
    """Its share of the time in which it was computed with others."""
    joules: float | None = None
    """Its share of what the device drew meanwhile; ``None`` where nobody tells."""

    def known(self) -> dict[str, Any]:
        """For provenance."""
        energy = {} if self.joules is None else {"energy_wh_estimated": watt_hours(self.joules)}
        first = self.first_token_seconds
        return {
            "batching": self.batching,
            "batch": self.batch,
            "finish_reason": self.finish,
            "truncated": self.finish == "length",
            "tokens_out": len(self.ids),
            "queue_seconds": round(self.queue_seconds, 4),
            "first_token_seconds": None if first is None else round(first, 4),
            "seconds": round(self.seconds, 4),
            "device_seconds": round(self.device_seconds, 4),
            **energy,
        }

    def broken(self, *, alone: bool) -> AdapterError | None:
        """The error where it was broken off, else nothing.

        Among others the slowness may be theirs, so it is tried again, alone.
        """
        if self.finish == "time":
            problem = f"Not finished within the system's time limit ({len(self.ids)} tokens)."
            return AdapterError(problem, failure="timed_out", retryable=not alone)
        if self.finish == "unwanted":
            return GivenUpError("It was taken back before it was finished.", retryable=True)
        return None


@dataclass
class Stops:
    """The tokens that end a text, and the one that fills a batch up."""

    ends: frozenset[int]
    pad: int
    tokenizer: Any = field(default=None, repr=False)

    def cut(self, row: Sequence[int]) -> tuple[list[int], bool]:
        """The tokens up to the first that ends the text, and whether there is one.

        A row that ended otherwise while others went on is filled up at its end.
        """
        for place, token in enumerate(row):
            if token in self.ends:
                return list(row[: place + 1]), True
        kept = len(row)
        while kept and row[kept - 1] == self.pad:
            kept -= 1
        return list(row[:kept]), False


class Watch(StoppingCriteria):  # type: ignore[misc]
    """Looks at the clock after every token: first token, time limit, requests nobody wants."""

    def __init__(self, requests: Sequence[Request], energy: Energy) -> None:
        self._requests, self._energy = requests, energy
        self.began = perf_counter()
        self.first: float | None = None
        self.broken: list[tuple[str, int]] = [("", 0)] * len(requests)
        """Why a row was broken off, and how long the batch was then."""
        self.joules: float | None = None
        energy.begin()

    def look(self) -> None:
        """Add what was drawn since the last look."""
        drawn = self._energy.since()
        self.joules = self.joules if drawn is None else (self.joules or 0.0) + drawn

    def __call__(self, input_ids: Tensor, scores: Any, **kwargs: Any) -> Tensor:
        passed = perf_counter() - self.began
        self.first = passed if self.first is None else self.first
        self.look()
        for place, request in enumerate(self._requests):
            if not self.broken[place][0]:
                self.broken[place] = (_broken(request, passed), input_ids.shape[1])
        return torch.tensor([bool(why) for why, _ in self.broken], device=input_ids.device)


def generate(
    model: Any,
    inputs: Mapping[str, Tensor],
    requests: Sequence[Request],
    stops: Stops,
    *,
    energy: Energy,
    batching: str = "padded",
) -> list[Made]:
    """Go on with all rows of ``inputs`` (left-padded, B rows) until each has ended.

    All requests share one decoding; row i draws by its own seed, whatever stands beside it.
    """
    decoding, watch = requests[0].decoding, Watch(requests, energy)
    width = 1 if model.config.is_encoder_decoder else inputs["input_ids"].shape[1]
    lengths = inputs["attention_mask"].sum(1).tolist()
    seeded = [SeededRows(decoding, [r.seed for r in requests], lengths, width)]
    made = model.generate(
        **inputs,
        generation_config=_config(decoding, stops),
        logits_processor=seeded if decoding.sampled else None,
        stopping_criteria=StoppingCriteriaList([watch]),
        tokenizer=stops.tokenizer,
    )
    seconds = perf_counter() - watch.began
    watch.look()
    ends = [
        _ending(row, why, at - width, decoding, stops)
        for row, (why, at) in zip(made[:, width:].tolist(), watch.broken, strict=True)
    ]
    return [
        Made(
            ids,
            finish,
            batching=batching,
            batch=len(requests),
            first_token_seconds=watch.first,
            seconds=seconds,
            device_seconds=seconds * share,
            joules=None if watch.joules is None else watch.joules * share,
        )
        for (ids, finish), share in zip(ends, shares([len(ids) for ids, _ in ends]), strict=True)
    ]


def shares(tokens: Sequence[int]) -> list[float]:
    """What each of a batch has to bear, by the tokens it wrote; equal where none wrote any."""
    whole = sum(tokens)
    return [n / whole if whole else 1 / len(tokens) for n in tokens]


def watt_hours(joules: float) -> float:
    return round(joules / 3600, 7)


def padded(rows: Sequence[Sequence[int]], pad: int, device: Any) -> dict[str, Tensor]:
    """Rows of tokens (B) as left-padded tensors (B, longest)."""
    longest = max(map(len, rows))
    ids = [[pad] * (longest - len(row)) + list(row) for row in rows]
    mask = [[0] * (longest - len(row)) + [1] * len(row) for row in rows]
    return {
        "input_ids": torch.tensor(ids, device=device),
        "attention_mask": torch.tensor(mask, device=device),
    }


def plain_defaults(model: Any) -> None:
    """Forget the sampling a checkpoint recommends; its marks of begin, end and padding stay."""
    held = model.generation_config
    model.generation_config = GenerationConfig(
        bos_token_id=held.bos_token_id,
        eos_token_id=held.eos_token_id,
        pad_token_id=held.pad_token_id,
        decoder_start_token_id=held.decoder_start_token_id,
    )


def stops_of(model: Any, tokenizer: Any) -> Stops:
    """From the checkpoint's generation settings, else its configuration, else its tokenizer."""
    ends = model.generation_config.eos_token_id
    ends = tokenizer.eos_token_id if ends is None else ends
    found = [ends] if isinstance(ends, int) else list(ends or [])
    pad = tokenizer.pad_token_id
    return Stops(frozenset(found), found[0] if pad is None and found else pad or 0, tokenizer)


def _config(decoding: Decoding, stops: Stops) -> GenerationConfig:
    return GenerationConfig(
        do_sample=False,
        max_new_tokens=decoding.max_tokens,
        min_new_tokens=decoding.min_tokens or None,
        repetition_penalty=decoding.repetition_penalty,
        no_repeat_ngram_size=decoding.no_repeat_ngram_size,
        stop_strings=list(decoding.stop) or None,
        eos_token_id=sorted(stops.ends) or None,
        pad_token_id=stops.pad,
    )


def _ending(
    row: list[int], why: str, steps: int, decoding: Decoding, stops: Stops
) -> tuple[list[int], str]:
    """A row's own tokens, and why there are no more of them."""
    ids, ended = stops.cut(row)
    if ended or len(ids) < steps:
        return ids, "stop"
    return ids, why or ("length" if len(ids) >= decoding.max_tokens else "stop")


def _broken(request: Request, passed: float) -> str:
    if request.seconds is not None and passed > request.seconds:
        return "time"
    return "unwanted" if request.unwanted() else ""
