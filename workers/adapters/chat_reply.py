"""What a chat server answered: in one piece or as a stream of small ones."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from workers.adapters.base import AdapterError
from workers.adapters.server_errors import error_told

SERVED = ("model", "system_fingerprint", "id", "service_tier", "provider")
THINKING = ("reasoning_content", "reasoning", "thinking")
THOUGHT = re.compile(r"^\s*<think(?:ing)?>(.*?)</think(?:ing)?>", re.DOTALL)
MOST_THINKING = 20_000
"""Characters of thinking that are kept beside an answer."""


@dataclass
class ChatReply:
    """One turn of the server; filled piece by piece where it streams."""

    text: str = ""
    thinking: str = ""
    refusal: str = ""
    finish: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    """Tool calls: ``{"id", "name", "arguments"}``, the arguments as the server wrote them."""
    usage: Mapping[str, Any] = field(default_factory=dict)
    served: dict[str, Any] = field(default_factory=dict)
    first_token_seconds: float | None = None

    def message(self) -> dict[str, Any]:
        """The turn as it is sent back when the talk goes on."""
        if not self.calls:
            return {"role": "assistant", "content": self.text}
        calls = [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": call["arguments"]},
            }
            for call in self.calls
        ]
        return {"role": "assistant", "content": self.text or None, "tool_calls": calls}


def reply_of(body: Mapping[str, Any]) -> ChatReply:
    """A whole answer; raises ``AdapterError`` where it is an error or has no choice."""
    if error := error_told(body):
        raise error
    found = ChatReply()
    _note(found, body)
    try:
        choice = body["choices"][0]
        _take(found, choice["message"])
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        problem = f"The server's answer has no choice.{_elsewhere(body)}"
        raise AdapterError(problem, failure="invalid_output") from error
    found.finish = str(choice.get("finish_reason") or "")
    return _ended(found)


def reply_streamed(events: Iterable[str], started: float) -> ChatReply:
    """An answer that arrives in pieces; ``started`` is when it was asked for."""
    found = ChatReply()
    for event in events:
        if event.strip() == "[DONE]":
            return _ended(found)
        _add(found, _event(event))
        if found.first_token_seconds is None and (found.text or found.thinking or found.calls):
            found.first_token_seconds = round(perf_counter() - started, 4)
    if not found.finish:
        raise AdapterError("The server's stream broke off before its end.", retryable=True)
    return _ended(found)


def _elsewhere(body: Mapping[str, Any]) -> str:
    if "generated_text" not in body and "response" not in body:
        return ""
    return " It comes from an API that is no chat: the address must end before /chat/completions."


def _add(found: ChatReply, chunk: Mapping[str, Any]) -> None:
    if error := error_told(chunk):
        raise error
    _note(found, chunk)
    for choice in chunk.get("choices") or []:
        if choice.get("index", 0) == 0:
            _take(found, choice.get("delta") or {})
            found.finish = str(choice.get("finish_reason") or found.finish)


def _take(found: ChatReply, message: Mapping[str, Any]) -> None:
    found.text += _text(message.get("content"))
    found.refusal += _text(message.get("refusal"))
    found.thinking += next((_text(message[key]) for key in THINKING if message.get(key)), "")
    for place, call in enumerate(message.get("tool_calls") or []):
        _take_call(found.calls, call.get("index", place), call)


def _take_call(calls: list[dict[str, Any]], index: int, call: Mapping[str, Any]) -> None:
    while len(calls) <= min(index, 127):
        calls.append({"id": "", "name": "", "arguments": ""})
    held, function = calls[min(index, 127)], call.get("function") or {}
    held["id"] = call.get("id") or held["id"] or f"call_{index}"
    held["name"] += _text(function.get("name"))
    arguments = function.get("arguments") or ""
    held["arguments"] += arguments if isinstance(arguments, str) else json.dumps(arguments)


def _note(found: ChatReply, body: Mapping[str, Any]) -> None:
    if isinstance(body.get("usage"), Mapping):
        found.usage = body["usage"]
    found.served |= {key: body[key] for key in SERVED if body.get(key)}


def _ended(found: ChatReply) -> ChatReply:
    """Servers without a reasoning parser leave the thinking in front of the answer."""
    thought = THOUGHT.match(found.text)
    if thought:
        found.thinking += thought[1].strip()
        found.text = found.text[thought.end() :].lstrip()
    return found


def _text(content: Any) -> str:
    """Plain text, or the text parts of a list of parts."""
    if isinstance(content, list):
        return "".join(_text(part.get("text")) for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def _event(data: str) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        problem = f"The server's stream holds what is not JSON: {data[:100]!r}"
        raise AdapterError(problem, failure="invalid_output") from error
    return found if isinstance(found, dict) else {}


def usage_of(replies: Iterable[ChatReply]) -> dict[str, int]:
    """Tokens of all turns together; thinking tokens are part of those out."""
    places = {
        "tokens_in": ("prompt_tokens",),
        "tokens_out": ("completion_tokens",),
        "tokens_thinking": ("completion_tokens_details", "reasoning_tokens"),
        "tokens_cached": ("prompt_tokens_details", "cached_tokens"),
    }
    held = [reply.usage for reply in replies]
    counted = {name: [_at(usage, path) for usage in held] for name, path in places.items()}
    return {
        name: sum(number for number in numbers if number is not None)
        for name, numbers in counted.items()
        if any(number is not None for number in numbers)
    }


def _at(usage: Mapping[str, Any], path: tuple[str, ...]) -> int | None:
    found: Any = usage
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None
