"""``{{ number|figure }}``: a number for reading, with the decimal mark of the page's language.

Django's own localization leaves numbers alone (see ``arena.core.formats``), because most of those
in templates are coordinates and attributes, which know only the point.
"""

from typing import Any

from django import template

from arena.core.figures import written

register = template.Library()


@register.filter
def figure(value: Any) -> str:
    return written(value)
