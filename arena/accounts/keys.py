"""Which key does what on the voting page; a rater may choose other keys.

Digits choose the verdicts and `?` opens the help; these stay. So do the keys of the image viewers:
a key means one thing, whatever is in focus.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_letters
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

FIXED = frozenset("0123456789?bcdhikloprtv+-=")


@dataclass(frozen=True)
class DeskKey:
    action: str
    default: str
    label: "StrOrPromise"


DESK_KEYS = (
    DeskKey("both", "x", gettext_lazy("Both unacceptable")),
    DeskKey("flag_left", "f", gettext_lazy("Flag the left output as unsafe")),
    DeskKey("flag_right", "g", gettext_lazy("Flag the right output as unsafe")),
    DeskKey("mark", "m", gettext_lazy("Mark an error")),
    DeskKey("missing", "a", gettext_lazy("Say what is missing")),
    DeskKey("reason", "n", gettext_lazy("Write a reason")),
    DeskKey("find", "/", gettext_lazy("Find words")),
    DeskKey("differences", "w", gettext_lazy("Mark the words that only one side has")),
    DeskKey("next_difference", ".", gettext_lazy("Next place that only one side has")),
    DeskKey("previous_difference", ",", gettext_lazy("Previous place that only one side has")),
    DeskKey("skip", "s", gettext_lazy("Skip")),
    DeskKey("undo", "u", gettext_lazy("Undo the last answer")),
)
DEFAULTS = {key.action: key.default for key in DESK_KEYS}
SPARE = [key for key in ascii_letters if key not in {*FIXED, *DEFAULTS.values()}]


def keys_chosen(stored: Mapping[str, str]) -> dict[str, str]:
    """Action → key: the rater's own where they chose one that has no fixed meaning by now.

    A choice stands when a later action begins with the same key; that action gets another.
    """
    own = {action: key for action, key in stored.items() if action in DEFAULTS and key not in FIXED}
    taken = set(own.values())
    if len(taken) < len(own):
        return DEFAULTS
    spare = (key for key in SPARE if key not in taken)
    return {
        action: own.get(action) or (next(spare) if key in taken else key)
        for action, key in DEFAULTS.items()
    }


def key_problem(key: str, others: Mapping[str, str]) -> str:
    """Why ``key`` cannot be used, or nothing. ``others``: what further keys do, by key."""
    if len(key) != 1 or not key.isprintable() or key.isspace():
        return _("Press one letter or sign.")
    if key in FIXED:
        return _("{key} has a fixed meaning on the page: choose another key.").format(key=key)
    twice = _("{key} is used twice: choose another key.").format(key=key)
    return twice if key in others else ""
