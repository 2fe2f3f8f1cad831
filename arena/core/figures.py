"""Numbers as people write them: with a comma where the reader's language has one."""

import re
from functools import cache
from typing import Any

from django.utils.formats import iter_format_modules
from django.utils.translation import get_language

NUMBER = re.compile(r"(?:[<>] )?[-−+]?\d+\.\d+(?:e[-+]?\d+)?(?: %)?")


def written(value: Any) -> str:
    """``value`` as it is, but for the decimal mark of a number; words stay untouched."""
    text = str(value)
    if not NUMBER.fullmatch(text):
        return text
    return text.replace(".", decimal_mark(get_language() or "en"))


@cache
def decimal_mark(language: str) -> str:
    """As Django knows it: its own formats come after this site's, which say a point for all."""
    marks = [getattr(formats, "DECIMAL_SEPARATOR", "") for formats in iter_format_modules(language)]
    return next(filter(None, reversed(marks)), ".")
