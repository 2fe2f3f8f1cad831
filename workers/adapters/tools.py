"""Tools a system may call while it answers: declared, read-only, and the same on every run.

A tool does nothing but look up what was recorded for it, so that two systems see the same world
and a run can be replayed years later::

    {"name": "lab_result", "description": "…", "parameters": {…JSON schema…},
     "replies": [{"input": {"test": "CRP"}, "output": "48 mg/L"}], "otherwise": "no such result"}
"""

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from workers.adapters.base import AdapterError

MOST_OUTPUT = 20_000
MOST_CALLS = 16
"""In one turn: a model that repeats itself would otherwise call until its tokens are used up."""
ODD = "error: the arguments hold NaN, Infinity, a zero byte or half a character, which no JSON has"
NO_PARAMETERS = {"type": "object", "properties": {}}


class Toolbox:
    """The tools of one system, by name."""

    def __init__(
        self, declared: Sequence[Mapping[str, Any]], *, most_calls: int = MOST_CALLS
    ) -> None:
        self._tools = {_name(tool): tool for tool in declared}
        self.most_calls = most_calls

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Toolbox":
        """As a system's settings declare it."""
        most = int(config.get("most_calls") or MOST_CALLS)
        return cls(config.get("tools") or [], most_calls=most)

    def __bool__(self) -> bool:
        return bool(self._tools)

    def schema(self) -> list[dict[str, Any]]:
        """As chat servers want them; what is recorded stays here."""
        return [
            {
                "type": "function",
                "function": {
                    "name": name,
                    "description": tool.get("description", ""),
                    "parameters": tool.get("parameters", NO_PARAMETERS),
                },
            }
            for name, tool in self._tools.items()
        ]

    def call(self, name: str, arguments: str, *, before: int = 0) -> tuple[Any, str]:
        """As ``look_up``, of arguments as they were written; a faulty call is told so."""
        try:
            given = json.loads(arguments or "{}")
        except (ValueError, RecursionError):
            return as_json(arguments), "error: the arguments are not valid JSON"
        return self.look_up(name, given, before=before)

    def look_up(self, name: str, given: Any, *, before: int = 0) -> tuple[Any, str]:
        """The arguments as they can be kept, and what the tool says to them.

        ``before``: how many calls the same turn has made before this one.
        """
        try:
            kept = as_json(given)
        except RecursionError:
            return "", "error: the arguments are nested too deeply"
        if before >= self.most_calls:
            most = f"at most {self.most_calls} calls are looked up in one turn"
            return kept, f"error: {most}; this one was not"
        return kept, self.reply(name, kept) if kept == given else ODD

    def reply(self, name: str, given: Any) -> str:
        """What the tool says to these arguments."""
        if name not in self._tools:
            return f"error: there is no tool {name!r}; there are: {', '.join(self._tools)}"
        return self._recorded(self._tools[name], given)

    def _recorded(self, tool: Mapping[str, Any], given: Any) -> str:
        for reply in tool.get("replies", []):
            if reply.get("input", {}) == given:
                return _told(reply.get("output", ""))
        return _told(tool.get("otherwise", "no result"))


def _name(tool: Mapping[str, Any]) -> str:
    if not isinstance(tool, Mapping) or not isinstance(tool.get("name"), str):
        raise AdapterError("A tool needs a name.", failure="rejected_by_policy")
    return str(tool["name"])


def as_json(value: Any) -> Any:
    """The value as databases and other programs can hold it: what a model writes may hold numbers
    that JSON lacks, and zero bytes and halves of surrogate pairs, which PostgreSQL refuses.
    """
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode(errors="replace").decode()
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {as_json(str(key)): as_json(inner) for key, inner in value.items()}
    return [as_json(each) for each in value] if isinstance(value, list) else value


def _told(output: Any) -> str:
    text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
    return text[:MOST_OUTPUT]
