"""Local models that write what a test says: all around the computing is real."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from workers.adapters import generating
from workers.adapters.base import Ask, Part
from workers.adapters.generating import Made, Request
from workers.adapters.transformers_text import TransformersText

LAB = {
    "name": "lab",
    "description": "A value.",
    "replies": [{"input": {"test": "CRP"}, "output": "48 mg/L"}],
    "otherwise": "not measured",
}
CRP = {"test": "CRP"}
HERMES = '<tool_call>\n{"name": "lab", "arguments": {"test": "CRP"}}\n</tool_call>'


class Script:
    """In place of the computing: each turn writes the next line; what was sent is kept."""

    def __init__(self, words: Any, *lines: str) -> None:
        self.words, self.lines = words, list(lines)
        self.sent: list[str] = []
        self.ids: list[Sequence[int]] = []

    def __call__(
        self, model: Any, inputs: Any, asked: Sequence[Request], *_: Any, **__: Any
    ) -> Any:
        self.ids += [request.ids for request in asked]
        self.sent += [self.words.decode(request.ids) for request in asked]
        line = self.lines.pop(0) if len(self.lines) > 1 else self.lines[0]
        finish = "length" if line.endswith("…") else "stop"
        ids = self.words.encode(line.removesuffix("…"), add_special_tokens=False)
        return [Made(ids, finish, "alone", 1, seconds=0.5)]


def loaded(folder: Path, **config: Any) -> TransformersText:
    settings = {"batching": "alone", "tools": [LAB], "dtype": "float32", **config}
    made = TransformersText({"model": str(folder), **settings})
    made.load()
    return made


@contextmanager
def speaking(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """A function that asks a model one case; it writes the given lines, one in each turn."""
    models = []

    def answered(
        *lines: str, kind: str = "agent-trajectory", turns: Any = (), **config: Any
    ) -> Any:
        models.append(loaded(folder, **config))
        script = Script(models[-1].tokenizer, *lines)
        monkeypatch.setattr(generating, "generate", script)
        (result,) = models[-1].results([asked(kind, turns)])
        return result, script

    yield answered
    for model in models:
        model.close()


def asked(kind: str, turns: Any = (), tokens: int = 64) -> Ask:
    parts = (Part("text", "Fever. CRP?", name="text"),)
    return Ask("c", "What now?", parts, kind, "", {"max_tokens": tokens}, 3, turns=turns)
