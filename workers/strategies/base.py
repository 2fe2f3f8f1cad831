"""What a strategy has to say of itself, and how it changes what is asked.

A strategy only ever changes the case's content, never the prompt template: text that comes from
elsewhere (demonstrations, passages, drafts) then cannot steer the template.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from workers.adapters.base import AdapterError, Answer, Ask, Part, Record

MOST_CALLS = 32


class OptionError(AdapterError):
    """The variant was set up wrongly, or for cases that it is not for; nothing has crashed."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, failure="rejected_by_policy")


@dataclass(frozen=True)
class Call:
    """One question put to the system underneath, and its name in the trace."""

    name: str
    ask: Ask


Plan = Generator[Sequence[Call], Sequence[Answer], Record]
"""Yields calls to be answered together, is sent their answers, and returns the record."""


class Strategy(ABC):
    """One way of asking; ``options`` are its settings, checked when it is made."""

    key: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    known: ClassVar[tuple[str, ...]] = ()
    """Names of its options."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        unknown = sorted(set(options) - set(self.known))
        if unknown:
            known = ", ".join(self.known) or "none"
            raise OptionError(f"{self.key} has no option {unknown[0]!r}; it has: {known}.")
        self.options = dict(options)

    def load(self) -> None:  # noqa: B027  (most strategies hold nothing)
        """Read what it needs. Called once, before the first case."""

    def identity(self) -> dict[str, Any]:
        """All that may change an answer."""
        return {"strategy": self.key, "options": self.options}

    @abstractmethod
    def plan(self, ask: Ask) -> Plan:
        """How one case is answered."""

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        """An option that is a number; raises ``AdapterError`` where it is not, or out of range."""
        value = self.options.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise OptionError(f"{name!r} of {self.key} must be a number, not {value!r}.")
        if not least <= value <= most:
            raise OptionError(f"{name!r} of {self.key} must lie between {least} and {most}.")
        return value

    def count(self, name: str, default: int, *, most: int = MOST_CALLS) -> int:
        return int(self.number(name, default, least=1, most=most))


class Changed(Strategy):
    """A strategy that asks once, with a changed case."""

    @abstractmethod
    def changed(self, ask: Ask) -> Ask:
        """The case as the system gets it."""

    def plan(self, ask: Ask) -> Plan:
        (answer,) = yield [Call(self.key, self.changed(ask))]
        return answer.record


def text_of(ask: Ask) -> str:
    """The text a strategy works on: the case's, or its first user turn where it is a dialogue."""
    first = _first_turn(ask)
    return ask.text if first is None else ask.turns[first].text


def with_text(ask: Ask, text: str) -> Ask:
    """The same ask with another text in that place."""
    first = _first_turn(ask)
    if first is not None:
        turn = replace(ask.turns[first], text=text)
        return replace(ask, turns=(*ask.turns[:first], turn, *ask.turns[first + 1 :]))
    others = tuple(part for part in ask.parts if part.kind != "text")
    return replace(ask, parts=(Part("text", text, name="text"), *others))


def in_words(ask: Ask) -> Ask:
    """The same ask, to be answered in plain text whatever the study asks for."""
    return replace(ask, output_kind="text-answer")


def words_of(answer: Answer) -> str:
    """The text of such an answer; raises ``AdapterError`` where the system gives none."""
    text = answer.record.get("text")
    if not isinstance(text, str):
        raise OptionError("This strategy needs a system that answers in text.")
    return text


def reseeded(ask: Ask, number: int) -> Ask:
    """The ``number``-th of several asks that must differ by chance only."""
    return replace(ask, seed=(ask.seed + 1_000_003 * number) % 2**32)


def _first_turn(ask: Ask) -> int | None:
    return next((n for n, turn in enumerate(ask.turns) if turn.role == "user"), None)
