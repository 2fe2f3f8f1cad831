"""Figures in templates."""

from collections.abc import Mapping
from typing import Any

from django import template

from arena.leaderboards.presentation import percent

register = template.Library()
register.filter("as_percent", percent)


@register.filter
def entry(mapping: Mapping[str, Any], key: str) -> Any:
    """``mapping[key]``, where the key is a variable of the template."""
    return mapping.get(key)


@register.filter
def score_name(key: str) -> str:
    """``rouge_l`` as "rouge l", ``strict_f1`` as "strict f1"."""
    return key.replace("_", " ")
