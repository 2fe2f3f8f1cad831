"""Tools that a language model may call: what they are declared as, and the fields of a form."""

import re
from typing import Any

from arena.core.errors import UserError
from arena.generations.adapter_info import Field

TOOL_FIELDS = frozenset({"name", "description", "parameters", "replies", "otherwise"})


def tools_checked(tools: Any) -> Any:
    """Declared tools; raises ``UserError`` naming the place of a fault."""
    if not isinstance(tools, list):
        raise UserError('tools: must be a list, as in [{"name": "lab", "replies": []}].')
    for number, tool in enumerate(tools):
        place = f"tools[{number}]"
        if not isinstance(tool, dict) or not re.fullmatch(
            r"[\w-]{1,64}", str(tool.get("name", ""))
        ):
            raise UserError(f"{place}.name: must be letters, digits, hyphens and underscores.")
        unknown = sorted(set(tool) - TOOL_FIELDS)
        if unknown:
            known = ", ".join(sorted(TOOL_FIELDS))
            raise UserError(f"{place}.{unknown[0]}: is not known; a tool has {known}.")
        _replies_checked(tool.get("replies", []), f"{place}.replies")
    return tools


def _replies_checked(replies: Any, place: str) -> None:
    if not isinstance(replies, list):
        raise UserError(f"{place}: must be a list.")
    for number, reply in enumerate(replies):
        if not isinstance(reply, dict) or set(reply) != {"input", "output"}:
            raise UserError(f'{place}[{number}]: must be {{"input": {{…}}, "output": …}}.')


TOOLS = (
    Field(
        "tools",
        "Tools",
        "json",
        check=tools_checked,
        help="For agents only: what the model may look up, with recorded replies, as in "
        '[{"name": "lab", "description": "A laboratory value.", "replies": [{"input": '
        '{"test": "CRP"}, "output": "48 mg/L"}], "otherwise": "not measured"}].',
    ),
    Field(
        "most_steps",
        "Most tool rounds",
        "number",
        "After so many the case counts as timed out, as in 8.",
        default=8,
        rare=True,
    ),
    Field(
        "most_calls",
        "Most calls in one round",
        "number",
        "What the model calls beyond them is not looked up, and it is told so. As in 4; empty: 16.",
        rare=True,
    ),
)
