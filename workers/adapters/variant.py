"""A registered system under a strategy: few-shot, chain of thought, retrieval, perturbed …

``of`` holds the settings of the version underneath as they were frozen when the variant was
registered; ``strategy`` and ``options`` say how it is asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from workers.adapters.base import (
    Adapter,
    AdapterError,
    Answer,
    Ask,
    Record,
    Result,
    adapter_error,
    fingerprint,
)
from workers.adapters.registry import adapter_for
from workers.strategies import strategy_class
from workers.strategies.base import Call, Plan

COUNTED = ("tokens_in", "tokens_out", "tokens_thinking")
LONGEST_TOLD = 4000


class Variant(Adapter):
    """Many cases are asked side by side, so that the system underneath can still batch them."""

    def __init__(self, config: Mapping[str, Any], revision: str = "") -> None:
        super().__init__(config, revision)
        of = self.config["of"]
        self._inner = adapter_for(of["adapter"], of["config"], of["revision"])
        self.threads, self.batch = self._inner.threads, self._inner.batch
        self.heavy = self._inner.heavy
        self._asked: dict[str, list[Ask]] = {}
        self._strategy = strategy_class(self.config["strategy"])(self.config.get("options") or {})

    def load(self) -> None:
        self._strategy.load()
        self._inner.load()

    def close(self) -> None:
        self._inner.close()

    def needs(self) -> int:
        return self._inner.needs()

    def holds(self) -> Mapping[str, int]:
        return self._inner.holds()

    def cancel(self, ask: Ask) -> None:
        for inner in self._asked.get(fingerprint(ask), []):
            self._inner.cancel(inner)

    def identity(self) -> dict[str, Any]:
        return {
            **super().identity(),
            **self._strategy.identity(),
            "of": {**self.config["of"], "identity": self._inner.identity()},
        }

    def answer(self, ask: Ask) -> Answer:
        (result,) = self.results([ask])
        if result.answer is None:
            raise result.error or AdapterError("no answer came back")
        return result.answer

    def results(self, asks: Sequence[Ask]) -> Iterator[Result]:
        """One result per ask, as each ends; a round puts the calls of all cases together."""
        self._inner.secret = self.secret
        runs = [Run(ask, self._strategy.plan(self._framed(ask))) for ask in asks]
        for run in runs:
            run.go_on(None)
        yield from (run.result() for run in runs if not run.calls)
        while waiting := [run for run in runs if run.calls]:
            yield from self._round(waiting)

    def _round(self, waiting: "list[Run]") -> Iterator[Result]:
        """Put the next calls of all; a case goes on as soon as the last answer it needs is there.

        What that leads to is asked in the next round; a case that has ended is given back at once.
        """
        calls = {
            id(run): {fingerprint(call.ask): call.ask for call in run.calls} for run in waiting
        }
        asked = {fingerprint(run.ask): list(calls[id(run)].values()) for run in waiting}
        wanted = {key: ask for each in calls.values() for key, ask in each.items()}
        self._asked |= asked
        found: dict[str, Result] = {}
        for result in self._inner.results(list(wanted.values())):
            found[fingerprint(result.ask)] = result
            for run in [run for run in waiting if calls[id(run)].keys() <= found.keys()]:
                waiting.remove(run)
                self._asked.pop(fingerprint(run.ask), None)
                run.go_on([found[fingerprint(call.ask)] for call in run.calls])
                if not run.calls:
                    yield run.result()

    def _framed(self, ask: Ask) -> Ask:
        """With the prompt and decoding of the version underneath."""
        of = self.config["of"]
        return replace(ask, prompt=of["prompt"], decoding=of["decoding"])


@dataclass
class Run:
    """One case on its way through its plan."""

    ask: Ask
    plan: Plan
    calls: Sequence[Call] = ()
    steps: list[dict[str, Any]] = field(default_factory=list)
    tokens: dict[str, int] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    record: Record | None = None
    error: AdapterError | None = None
    started: float = field(default_factory=perf_counter)

    def go_on(self, results: Sequence[Result] | None) -> None:
        """To the next calls of the plan, or to its end; ``None`` begins it."""
        for call, result in zip(self.calls, results or (), strict=True):
            self._note(call, result)
        self.calls, failed = (), next((r.error for r in results or () if r.error), None)
        try:
            if failed is not None:
                self.calls = self.plan.throw(failed)
            elif results is None:
                self.calls = next(self.plan)
            else:
                self.calls = self.plan.send([r.answer for r in results if r.answer])
        except StopIteration as ended:
            self.record = ended.value
        except Exception as error:
            self.error = adapter_error(error)

    def _note(self, call: Call, result: Result) -> None:
        known = {**result.provenance, **(result.answer.provenance if result.answer else {})}
        for name in COUNTED:
            if isinstance(known.get(name), int):
                self.tokens[name] = self.tokens.get(name, 0) + known[name]
        told = result.answer.record if result.answer else {"error": str(result.error)}
        output = str(told.get("text", told))[:LONGEST_TOLD]
        self.answers += [result.answer] if result.answer else []
        step = {"type": "message", "name": call.name, "ask": fingerprint(call.ask)}
        self.steps.append({**step, "output": output, "seconds": known.get("seconds")})

    def result(self) -> Result:
        seconds = round(perf_counter() - self.started, 4)
        known = {"steps": self.steps, "requests": len(self.steps), "seconds": seconds}
        known |= self.tokens
        if self.error is not None or self.record is None:
            error = self.error or AdapterError("The strategy ended without an answer.")
            return Result(self.ask, error=error, provenance=known)
        # A record that is given on as it came keeps the files it came with.
        files = next((a.files for a in self.answers if a.record is self.record), {})
        return Result(self.ask, Answer(self.record, known, files))
