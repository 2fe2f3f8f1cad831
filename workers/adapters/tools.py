"""Tools a system may call while it answers: declared, read-only, and the same on every run.

A tool does nothing but look up what was recorded for it, so that two systems see the same world
and a run can be replayed years later::

    {"name": "lab_result", "description": "…", "parameters": {…JSON schema…},
     "replies": [{"input": {"test": "CRP"}, "output": "48 mg/L"}], "otherwise": "no such result"}
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from workers.adapters.base import AdapterError

MOST_OUTPUT = 20_000
NO_PARAMETERS = {"type": "object", "properties": {}}


class Toolbox:
    """The tools of one system, by name."""

    def __init__(self, declared: Sequence[Mapping[str, Any]]) -> None:
        self._tools = {_name(tool): tool for tool in declared}

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

    def call(self, name: str, arguments: str) -> tuple[Any, str]:
        """The arguments as read, and what the tool says to them; a faulty call is told so."""
        try:
            given = json.loads(arguments or "{}")
        except (ValueError, RecursionError):
            return arguments, "error: the arguments are not valid JSON"
        return given, self.reply(name, given)

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


def _told(output: Any) -> str:
    text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
    return text[:MOST_OUTPUT]
