"""``{{ text|markdown }}``: what people write in a study's fields, formatted and harmless."""

from django import template
from django.utils.safestring import SafeString, mark_safe

from arena.core.markdown import markdown_html

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    return mark_safe(markdown_html(text))  # noqa: S308 - markdown_html removes all that could act
