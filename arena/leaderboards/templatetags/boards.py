"""Figures in templates."""

from collections.abc import Mapping
from typing import Any

from django import template

from arena.leaderboards.presentation import percent

register = template.Library()
register.filter("as_percent", percent)

SHORT = {"auprc", "auroc", "f1", "iou", "l", "mae", "ndcg", "rms", "rmst", "rouge", "smape"}


@register.filter
def entry(mapping: Mapping[str, Any], key: str) -> Any:
    """``mapping[key]``, where the key is a variable of the template."""
    return mapping.get(key)


@register.filter
def score_name(key: str) -> str:
    """``rouge_l`` as "ROUGE L", ``strict_f1`` as "strict F1"."""
    return " ".join(part.upper() if part in SHORT else part for part in key.split("_"))
