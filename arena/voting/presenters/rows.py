"""What kinds in tables share: rows of both sides in one order, and values in words."""

import re
from collections.abc import Callable, Mapping
from math import floor, log10
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from arena.core.figures import written
from arena.voting.presenters.base import Shown
from evaluation.kinds.base import Record

DIGITS = 4
RARE = 0.0001
"""Smaller probabilities are as good as none to a reader, and would need an exponent."""


class Row(NamedTuple):
    """What each side has under one key; ``None`` where it has nothing."""

    key: str
    own: Any
    other: Any
    met: str
    """``same``, ``differs``, only ``here``, only ``there``; empty if nothing can be compared."""


def joined(
    shown: Shown,
    of: Callable[[Record], Mapping[str, Any]],
    *,
    order: Callable[[str], Any] | None = None,
    value: Callable[[Any], Any] = lambda entry: entry,
) -> list[Row]:
    """The entries of both sides by their keys, in one order whichever side asks.

    ``of`` gives a record's entries; ``value`` what of an entry is compared.
    """
    own, other = of(shown.record), of(shown.other) if shown.other else {}
    keys = sorted({*own, *other}, key=order)
    pairs = [(key, own.get(key), other.get(key)) for key in keys]
    compared = shown.other is not None
    return [Row(k, a, b, _met(a, b, value) if compared else "") for k, a, b in pairs]


def _met(own: Any, other: Any, value: Callable[[Any], Any]) -> str:
    if own is None or other is None:
        return "there" if own is None else "here"
    return "same" if value(own) == value(other) else "differs"


def place_there(shown: Shown, names: Callable[[Record], list[str]]) -> Callable[[str], int | None]:
    """Says at which place the other side has a name: from 1, 0 for nowhere, ``None`` unknown."""
    if shown.other is None:
        return lambda name: None
    places = {name: place for place, name in reversed(list(enumerate(names(shown.other), 1)))}
    return lambda name: places.get(name, 0)


def natural(name: str) -> list[tuple[int, int, str]]:
    """Sorts ``I2`` before ``I10``, and ``drugs[2]`` before ``drugs[10]``."""
    parts = re.split(r"([0-9]{1,15})", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def told(value: Any) -> str:
    """A single value in words."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None:
        return _("none")
    return written(short(value)) if isinstance(value, int | float) else str(value)


def short(number: float, digits: int = DIGITS) -> str:
    """The number with ``digits`` that count, without an exponent where it has an everyday size."""
    if number == floor(number):
        return f"{number:.0f}"
    if not 1e-4 <= abs(number) < 1e15:
        return f"{number:.{digits - 1}e}"
    decimals = max(digits - 1 - floor(log10(abs(number))), 0)
    text = f"{number:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def chance(p: float) -> str:
    """A probability with three digits that count; one that is all but never or always says so."""
    if 0 < p < RARE:
        return f"< {RARE}"
    return f"> {1 - RARE}" if 1 - RARE < p < 1 else short(p, 4 if p > 0.999 else 3)
