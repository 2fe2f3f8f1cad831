"""Measured figures: as many digits as they are worth, a dash where nobody told."""

from django import template

register = template.Library()


@register.filter
def few(value: float | None) -> str:
    """Three significant digits, without an exponent: 1204, 12.3, 0.0123; “–” for ``None``."""
    if value is None:
        return "–"
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{float(f'{value:.3g}'):f}".rstrip("0").rstrip(".")
