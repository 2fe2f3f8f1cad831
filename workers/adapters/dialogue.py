"""Dialogues that a system leads itself: the case's questions one after the other, each put once the
one before it is answered. What was once answered to the case by others is not shown to it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from workers.adapters.base import Answer, Ask, Record, Result, Turn

DIALOGUE = "chat-multi-turn"
SUMMED = ("tokens_in", "tokens_out", "tokens_thinking", "seconds", "queue_seconds")
MANY = 1_000_003
"""What seeds of two turns lie apart."""


def questions_of(ask: Ask) -> list[str]:
    """What the user says in the case, in order; its text where it is no dialogue."""
    return [turn.text for turn in ask.turns if turn.role == "user"] or [ask.text]


def dialogue_record(questions: Sequence[str], replies: Sequence[str]) -> Record:
    """Questions and replies in turn."""
    turns: list[Record] = []
    for question, reply in zip(questions, replies, strict=True):
        turns += [{"role": "user", "text": question}, {"role": "assistant", "text": reply}]
    return {"turns": turns}


@dataclass
class Talk:
    """One dialogue on its way."""

    ask: Ask
    questions: list[str]
    answers: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.put = self._next()

    def _next(self) -> Ask:
        """The next question, behind all that was said, to be answered in words."""
        turns: list[Turn] = []
        for question, reply in zip(self.questions, self.replies, strict=False):
            turns += [Turn("user", question), Turn("assistant", reply)]
        number = len(self.answers)
        turns += [Turn("user", self.questions[number])] if self.ask.turns else []
        seed = (self.ask.seed + MANY * number) % 2**32
        kind = "text-answer"
        return replace(self.ask, output_kind=kind, turns=tuple(turns), seed=seed)

    @property
    def replies(self) -> list[str]:
        return [str(answer.record["text"]) for answer in self.answers]

    @property
    def seconds(self) -> float:
        """What it took so far."""
        return float(sum(answer.provenance.get("seconds") or 0 for answer in self.answers))

    def go_on(self, result: Result) -> Result | None:
        """The end of the dialogue, if this is it."""
        if result.answer is None:
            return replace(result, ask=self.ask)
        self.answers.append(result.answer)
        if len(self.answers) < len(self.questions):
            self.put = self._next()
            return None
        return Result(
            self.ask, Answer(dialogue_record(self.questions, self.replies), self._known())
        )

    def _known(self) -> dict[str, Any]:
        """Of the last turn, whose prompt holds all of them, with what was used in all."""
        held = [answer.provenance for answer in self.answers]
        sums = {
            name: round(sum(known.get(name) or 0 for known in held), 4)
            for name in SUMMED
            if any(name in known for known in held)
        }
        return {**held[-1], **sums, "turns": len(held)}


class Led(Protocol):
    """What takes several turns: ``put`` is asked next, until ``go_on`` gives the end."""

    ask: Ask
    put: Ask

    def go_on(self, result: Result) -> Result | None: ...


def led(
    talks: Sequence[Led], answered: Callable[[Sequence[Ask]], Iterator[Result]]
) -> Iterator[Result]:
    """All of them round by round, so that turns of several can share a batch."""
    waiting = list(talks)
    while waiting:
        by_ask = {id(talk.put): talk for talk in waiting}
        for result in answered([talk.put for talk in waiting]):
            talk = by_ask[id(result.ask)]
            if (ended := talk.go_on(result)) is not None:
                waiting.remove(talk)
                yield ended
