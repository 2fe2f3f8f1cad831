"""The tools that a local model asks for, read out of what it wrote.

Where the checkpoint says how its answers are to be read (transformers' ``response_template``),
that is done; else in the three ways that are widespread::

    <tool_call>{"name": "lab", "arguments": {"test": "CRP"}}</tool_call>      Qwen, Hermes
    {"name": "lab", "parameters": {"test": "CRP"}}                            Llama 3
    [TOOL_CALLS] [{"name": "lab", "arguments": {"test": "CRP"}}]              Mistral
    [TOOL_CALLS]lab[ARGS]{"test": "CRP"}                                      Mistral, since 2025
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workers.adapters.base import AdapterError

TAGGED = re.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)", re.DOTALL)
LISTED = "[TOOL_CALLS]"
# What is matched is never given back (++, *+), or a long run of blanks would be tried in every way.
NAMED = re.compile(r"\s*+([\w.-]++)(?:\[CALL_ID\][\w-]*+)?\s*+(?:\[ARGS\])?\s*+(?=\{)")
BARE = re.compile(r"\s*+(?:<\|python_tag\|>)?\s*+(?=\{)")
BETWEEN = re.compile(r"[\s;,]*")
ARGUMENTS = ("arguments", "parameters")
MOST_TOLD = 120


@dataclass(frozen=True)
class Call:
    """One call; ``arguments`` is as JSON gives it."""

    name: str
    arguments: Any


def calls_in(text: str) -> tuple[str, list[Call]]:
    """What the model says beside its calls, and the calls.

    ``text`` is with its special tokens. Raises ``AdapterError`` where a call is begun and cannot be
    read.
    """
    if "<tool_call>" in text:
        found = [_call(_json(inner), inner) for inner in TAGGED.findall(text)]
        return TAGGED.sub("", text), found
    if LISTED in text:
        said, _, called = text.partition(LISTED)
        return said, list(_listed(called))
    return _bare(text)


def calls_told(message: Mapping[str, Any]) -> tuple[str, list[Call]]:
    """From a message that the checkpoint's own template was read into."""
    told = message.get("tool_calls") or []
    found = [_call(each.get("function", each), str(each)) for each in told]
    return str(message.get("content") or ""), found


def _listed(text: str) -> Iterator[Call]:
    """One call after the other, named before its arguments, or all of them as a JSON list."""
    for part in text.split(LISTED):
        if named := NAMED.match(part):
            yield Call(named[1], _begun(part[named.end() :])[0])
            continue
        found = _begun(part.strip())[0]
        for each in found if isinstance(found, list) else [found]:
            yield _call(each, part)


def _bare(text: str) -> tuple[str, list[Call]]:
    """Calls are the whole of the text, or there are none: an answer may be JSON as well."""
    found, place = [], 0
    while begins := BARE.match(text, place):
        try:
            value, length = _begun(text[begins.end() :])
        except AdapterError:
            return text, []
        if not _is_call(value):
            return text, []
        found.append(_call(value, text))
        place = begins.end() + length
        place += len(BETWEEN.match(text, place)[0])  # type: ignore[index]
    return ("", found) if found and not _words(text[place:]) else (text, [])


def _is_call(value: Any) -> bool:
    keys = set(value) if isinstance(value, dict) else set()
    return {"name"} < keys <= {"name", "type", "id", *ARGUMENTS}


def _words(text: str) -> str:
    """What is left without special tokens."""
    return re.sub(r"<\|[\w-]+\|>|</?s>", "", text).strip()


def _call(value: Any, written: str) -> Call:
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        raise _unreadable(written)
    given: Any = next((value[key] for key in ARGUMENTS if value.get(key) is not None), {})
    if isinstance(given, str):
        given = _json(given)
    return Call(value["name"], given)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(text) from error


def _begun(text: str) -> tuple[Any, int]:
    """The JSON that ``text`` begins with, and how long it is."""
    try:
        return json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(text) from error


def _unreadable(written: str) -> AdapterError:
    told = " ".join(written.split())[:MOST_TOLD]
    problem = f"It called a tool in a way that cannot be read: {told!r}"
    return AdapterError(problem, failure="invalid_output")


def messages_of(said: str, calls: Sequence[Call], numbers: Iterator[int]) -> dict[str, Any]:
    """The model's turn as chat templates want it back; ids are as Mistral's demand."""
    told = [
        {
            "type": "function",
            "id": f"call{next(numbers):05d}",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for call in calls
    ]
    return {"role": "assistant", "content": said, "tool_calls": told}
