"""What templates of output kinds need beside Django's own tags."""

import re
from collections.abc import Sequence
from html import escape, unescape
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
MARKER = re.compile(r"\[([^\[\]]{1,200})\]")
TAG = re.compile(r"(<[^>]*>)")
VERBATIM = {"code", "pre", "math"}


@register.simple_block_tag(takes_context=True)
def pane_table(
    context: template.Context, content: SafeString, what: str, *, kind: str = "", ltr: bool = False
) -> SafeString:
    """A table of one side, in a frame that scrolls by itself and says whose table of what it is.

    ``kind`` is a class of its own; ``ltr`` keeps the order of columns in languages from the right.
    """
    frame = {"side": context["side"], "content": content, "what": what, "kind": kind, "ltr": ltr}
    return render_to_string("voting/kinds/_table.html", frame)


@register.simple_tag
def cited(html: str, citations: Sequence[dict[str, Any]], side: str) -> SafeString:
    """``html``, which ``markdown_html`` made, with ``[1]`` or ``[1, 3]`` leading to the sources."""
    numbers = {citation["name"]: number for number, citation in enumerate(citations, start=1)}
    if not numbers:
        return mark_safe(html)  # noqa: S308 - markdown_html made it
    inside, parts = 0, []
    for part in TAG.split(html):
        name = part.strip("</>").split(" ")[0]
        if part.startswith("<"):
            inside += (name in VERBATIM) * (-1 if part.startswith("</") else 1)
        elif not inside:
            part = MARKER.sub(lambda found: _linked(found, numbers, side), part)
        parts.append(part)
    return mark_safe("".join(parts))  # noqa: S308 - as above, and links to this page


def _linked(found: re.Match[str], numbers: dict[str, int], side: str) -> str:
    """The marker with a link for each source it names; as it is where it names anything else."""
    told = unescape(found[1]).strip()
    names = [told] if told in numbers else [name.strip() for name in re.split("[,;]", told)]
    if not all(name in numbers for name in names):
        return found[0]
    places = [f"#{side}-source-{numbers[name]}" for name in names]
    links = [
        f'<a href="{place}">{escape(name)}</a>' for place, name in zip(places, names, strict=True)
    ]
    return f"[{', '.join(links)}]"
