"""From what a language model wrote to a record of the kind that was asked for.

Kinds of plain text take the text as it is; for every other kind the text must be, or hold, one
JSON object: the record. The kind itself checks the record when it is stored.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from workers.adapters.base import AdapterError, Record

PLAIN = frozenset({"text-answer", "summary", "simplification"})
FENCED = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)
LETTER = re.compile(
    r"^\W*([A-Z])\W*$|\b(?:answer|choice|option)\b\W*(?:is\W*)?\(?([A-Z])\b(?!['’])", re.IGNORECASE
)


def record_of(output_kind: str, text: str, steps: Sequence[Record] = ()) -> Record:
    """The record; raises ``AdapterError`` where the text holds none.

    ``steps`` are the tool calls on the way; kinds that have a place for them take them along.
    """
    if output_kind == "agent-trajectory":
        return {"steps": [*steps, {"type": "message", "input": None, "output": text}]}
    if output_kind in PLAIN:
        told = [step_told(step) for step in steps] if output_kind == "text-answer" else []
        return {"text": text, "steps": told} if told else {"text": text}
    found = _json(text)
    if found is None and output_kind == "multiple-choice" and (letter := LETTER.search(text)):
        return {"choice": (letter[1] or letter[2]).upper()}
    if found is None:
        problem = f"The answer must be a JSON record of {output_kind}; it begins {text[:80]!r}"
        raise AdapterError(problem, failure="invalid_output" if text.strip() else "empty")
    return found


def step_told(step: Record) -> str:
    """A tool call in one line."""
    given = json.dumps(step["input"], ensure_ascii=False)
    return f"{step['name']}({given}) → {step['output']}"


def _json(text: str) -> dict[str, Any] | None:
    """The JSON object that the text is, has in a fence, or has between its outermost braces."""
    fenced = [found[1] for found in FENCED.finditer(text)]
    braced = text[text.find("{") : text.rfind("}") + 1]
    for candidate in (text, *fenced, braced):
        try:
            found = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    return None
