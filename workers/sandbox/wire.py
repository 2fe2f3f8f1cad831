"""Asks and answers as lines of JSON; bytes travel in base64."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from workers.adapters.base import AdapterError, Answer, Ask, Part, Result, Turn

Message = dict[str, Any]


def line_of(message: Mapping[str, Any]) -> bytes:
    """Raises ``TypeError`` or ``ValueError`` for what cannot be told in JSON."""
    return json.dumps(message, default=_plain).encode() + b"\n"


def message_of(line: bytes) -> Message:
    """Raises ``ValueError`` where it is no JSON object."""
    try:
        found = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def ask_told(ask: Ask) -> Message:
    parts = [{**asdict(part), "data": _packed(part.data)} for part in ask.parts]
    told = {each.name: getattr(ask, each.name) for each in fields(ask)}
    turns = [asdict(turn) for turn in ask.turns]
    return {**told, "parts": parts, "turns": turns, "decoding": dict(ask.decoding)}


def ask_heard(told: Mapping[str, Any]) -> Ask:
    parts = tuple(Part(**{**part, "data": _unpacked(part["data"])}) for part in told["parts"])
    turns = tuple(Turn(**turn) for turn in told["turns"])
    return Ask(**{**told, "parts": parts, "turns": turns})


def result_told(number: int, result: Result) -> Message:
    """What became of the ask with that number."""
    known = dict(result.provenance)
    if result.answer is None:
        error = result.error or AdapterError("no answer came back")
        return {"number": number, "known": known, "error": error_told(error)}
    files = {name: _packed(data) for name, data in result.answer.files.items()}
    known |= result.answer.provenance
    return {"number": number, "known": known, "record": result.answer.record, "files": files}


def result_heard(told: Mapping[str, Any]) -> Answer | AdapterError:
    known = dict(told.get("known") or {})
    if "error" in told:
        error = error_heard(told["error"])
        error.known = {**known, **error.known}
        return error
    files = {str(name): _unpacked(data) for name, data in (told.get("files") or {}).items()}
    return Answer(told["record"], known, files)


def error_told(error: AdapterError) -> Message:
    return {
        "problem": str(error),
        "failure": error.failure,
        "retryable": error.retryable,
        "known": error.known,
    }


def error_heard(told: Mapping[str, Any]) -> AdapterError:
    """Never one that was taken back: only the worker itself does that."""
    error = AdapterError(
        str(told["problem"]),
        failure=str(told["failure"]),
        retryable=bool(told["retryable"]),
    )
    error.known = dict(told.get("known") or {})
    return error


def _packed(data: Any) -> Any:
    return {"base64": b64encode(data).decode()} if isinstance(data, bytes) else data


def _unpacked(data: Any) -> Any:
    return b64decode(data["base64"]) if isinstance(data, dict) and "base64" in data else data


def _plain(value: Any) -> Any:
    """Numbers and arrays of numpy and torch as what they hold."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is nothing that JSON can tell")
