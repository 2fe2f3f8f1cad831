"""A case during which a local model may look things up: calls, replies, at last the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from workers.adapters.base import AdapterError, Answer, Ask, Record, Result
from workers.adapters.dialogue import MANY, SUMMED
from workers.adapters.records import record_of
from workers.adapters.tool_calls import Call, messages_of
from workers.adapters.tools import Toolbox, as_json

MOST_STEPS = 8
CALLS = "calls"
"""Where the answer to one turn has the calls in it."""


@dataclass
class Exchange:
    """One case on its way; ``put`` is what is asked next, to be answered in words or by calls."""

    ask: Ask
    toolbox: Toolbox
    most_steps: int = MOST_STEPS
    messages: list[dict[str, Any]] = field(default_factory=list)
    """What came after the case: turns of the model, and what tools said."""
    steps: list[Record] = field(default_factory=list)
    turns: list[Mapping[str, Any]] = field(default_factory=list)
    """What is known of each of the model's turns."""

    def __post_init__(self) -> None:
        self.put, self._numbers = self._next(), count()

    def _next(self) -> Ask:
        seed = (self.ask.seed + 7 * MANY * len(self.turns)) % 2**32
        return replace(self.ask, output_kind="text-answer", seed=seed)

    @property
    def seconds(self) -> float:
        """What it took so far."""
        return float(sum(known.get("seconds") or 0 for known in self.turns))

    def go_on(self, result: Result) -> Result | None:
        """The end, if this is it."""
        known = result.answer.provenance if result.answer else result.provenance
        self.turns.append(known)
        if result.answer is None:
            return self._failed(result.error or AdapterError("no answer came back"))
        calls, text = result.answer.record.get(CALLS), str(result.answer.record["text"])
        if not calls:
            return self._ended(text)
        if len(self.turns) > self.most_steps:
            problem = f"It called tools {len(self.steps) + len(calls)} times and gave no answer."
            return self._failed(AdapterError(problem, failure="timed_out"))
        self._look_up(text, calls)
        self.put = self._next()
        return None

    def _look_up(self, said: str, calls: list[Call]) -> None:
        found = [
            self.toolbox.look_up(call.name, call.arguments, before=place)
            for place, call in enumerate(calls)
        ]
        kept = [
            Call(as_json(call.name), given) for call, (given, _) in zip(calls, found, strict=True)
        ]
        turn = messages_of(said, kept, self._numbers)
        self.messages.append(turn)
        for call, told, (_, output) in zip(kept, turn["tool_calls"], found, strict=True):
            given = {"name": call.name, "input": call.arguments, "output": output}
            self.steps.append({"type": "tool-call", **given})
            reply = {"role": "tool", "name": call.name, "tool_call_id": told["id"]}
            self.messages.append({**reply, "content": output})

    def _ended(self, text: str) -> Result:
        try:
            record = record_of(self.ask.output_kind, text, self.steps)
        except AdapterError as error:
            return self._failed(error)
        return Result(self.ask, Answer(record, self._known()))

    def _failed(self, error: AdapterError) -> Result:
        return Result(self.ask, error=error, provenance=self._known())

    def _known(self) -> dict[str, Any]:
        """Of the last turn, whose prompt holds all of them, with what was used in all."""
        sums = {
            name: round(sum(known.get(name) or 0 for known in self.turns), 4)
            for name in SUMMED
            if any(name in known for known in self.turns)
        }
        steps = {"steps": self.steps} if self.steps else {}
        return {**self.turns[-1], **sums, **steps, "requests": len(self.turns)}
