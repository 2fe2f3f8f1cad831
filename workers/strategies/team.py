"""Several roles discuss a case, one sums up (Tang et al. 2023, arXiv 2311.10537)."""

from typing import Any

from workers.adapters.base import Ask, Record
from workers.adapters.records import record_of
from workers.strategies.base import (
    Call,
    OptionError,
    Plan,
    Strategy,
    in_words,
    text_of,
    with_text,
    words_of,
)

SUM_UP = "Weigh what was said and write the answer. Write nothing but the answer."
MOST_ROLES = 8
TRACE = "agent-trajectory"


class Team(Strategy):
    """``roles``: ``[{"name", "brief"}, …]``; ``rounds`` in which each speaks to what was said.

    Where the study asks for a trajectory, the discussion is the output, not only its trace.
    """

    key = "team"
    title = "Team of roles"
    help = "Several roles speak to the case in turn, and one answer sums up."
    known = ("roles", "rounds")

    def load(self) -> None:
        given = self.options.get("roles")
        if not isinstance(given, list) or not 1 <= len(given) <= MOST_ROLES:
            raise OptionError(f"A team needs 1 to {MOST_ROLES} roles.")
        self._roles = [_role(each, n) for n, each in enumerate(given)]
        self.count("rounds", 1, most=4)

    def plan(self, ask: Ask) -> Plan:
        said: list[tuple[str, str]] = []
        for _ in range(self.count("rounds", 1, most=4)):
            answers = yield [
                Call(name, _asked(ask, said, f"You are the {name}. {brief}"))
                for name, brief in self._roles
            ]
            names = [name for name, _ in self._roles]
            said += zip(names, map(words_of, answers), strict=True)
        (answer,) = yield [Call("moderator", _asked(ask, said, SUM_UP))]
        if ask.output_kind == TRACE:
            return _trace([*said, ("moderator", words_of(answer))])
        return record_of(ask.output_kind, words_of(answer))


def _asked(ask: Ask, said: list[tuple[str, str]], brief: str) -> Ask:
    """The case, what was said so far, and what is wanted now."""
    discussion = [f"{name} said:\n{text}" for name, text in said]
    return in_words(with_text(ask, "\n\n".join([text_of(ask), *discussion, brief])))


def _trace(said: list[tuple[str, str]]) -> Record:
    return {
        "steps": [
            {"type": "message", "input": {"role": name}, "output": text} for name, text in said
        ]
    }


def _role(given: Any, number: int) -> tuple[str, str]:
    fields = ("name", "brief")
    if not isinstance(given, dict) or not all(isinstance(given.get(f), str) for f in fields):
        raise OptionError(f"roles[{number}] needs a name and a brief.")
    return given["name"], given["brief"]


STRATEGY = Team
