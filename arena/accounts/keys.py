"""Which key does what on the voting page; a rater may choose other keys.

Digits choose the verdicts and `?` opens the help; these stay. So do the keys of the image viewers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

FIXED = frozenset("0123456789?bcdv+-=")


@dataclass(frozen=True)
class DeskKey:
    action: str
    default: str
    label: str


DESK_KEYS = (
    DeskKey("both", "x", "Both unacceptable"),
    DeskKey("flag_left", "f", "Flag the left output as unsafe"),
    DeskKey("flag_right", "g", "Flag the right output as unsafe"),
    DeskKey("mark", "m", "Mark an error"),
    DeskKey("reason", "n", "Write a reason"),
    DeskKey("find", "/", "Find words"),
    DeskKey("differences", "w", "Mark the words that only one side has"),
    DeskKey("skip", "s", "Skip"),
    DeskKey("undo", "u", "Undo the last answer"),
)
DEFAULTS = {key.action: key.default for key in DESK_KEYS}


def keys_chosen(stored: Mapping[str, str]) -> dict[str, str]:
    """Action → key: the rater's own where they chose one."""
    return {**DEFAULTS, **{action: key for action, key in stored.items() if action in DEFAULTS}}


def key_problem(key: str, others: Mapping[str, str]) -> str:
    """Why ``key`` cannot be used, or nothing. ``others``: what further keys do, by key."""
    if len(key) != 1 or not key.isprintable() or key.isspace():
        return "Press one letter or sign."
    if key in FIXED:
        return f"{key} has a fixed meaning on the page: choose another key."
    return f"{key} is used twice: choose another key." if key in others else ""
