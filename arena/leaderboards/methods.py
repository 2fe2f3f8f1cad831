"""The pages on how numbers are made, from the Markdown files of ``docs/methods``."""

import re
from dataclasses import dataclass
from html import unescape
from itertools import count
from pathlib import Path

import nh3
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

FOLDER = Path(settings.BASE_DIR) / "docs" / "methods"
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
FRAME = (
    '<div class="table-wrap" tabindex="0" role="region" aria-label="Table {}"><table class="table">'
)


@dataclass(frozen=True)
class MethodPage:
    slug: str
    title: str
    summary: str


def method_pages() -> list[MethodPage]:
    """What ``docs/methods`` holds, by file name; nothing where the folder is not installed."""
    return [_described(path) for path in sorted(FOLDER.glob("*.md"))]


def method_html(slug: str) -> SafeString | None:
    """One page as clean HTML; ``None`` if there is no such page."""
    path = {path.stem: path for path in FOLDER.glob("*.md")}.get(slug)
    if path is None:
        return None
    html = MARKDOWN.render(path.read_text(encoding="utf-8"))
    linked = re.sub(r'href="([\w-]+)\.md(#[\w-]+)?"', r'href="../\1/\2"', html)
    return mark_safe(_framed(nh3.clean(linked)))  # noqa: S308 - nh3 removed all that could act


def _framed(html: str) -> str:
    """The tables in frames of their own, which scroll where they are wider than the page."""
    numbers = count(1)
    opened = re.sub("<table>", lambda _: FRAME.format(next(numbers)), html)
    return opened.replace("</table>", "</table></div>")


def _described(path: Path) -> MethodPage:
    """Title and summary are the file's first heading and first paragraph."""
    blocks = [block.strip() for block in path.read_text(encoding="utf-8").split("\n\n")]
    title = blocks[0].lstrip("# ") or path.stem
    summary = next((block for block in blocks[1:] if not block.startswith(("#", "|", "-"))), "")
    return MethodPage(path.stem, title, _plain(summary).removeprefix("What. "))


def _plain(markdown: str) -> str:
    """The words of a paragraph, without its markup."""
    return " ".join(unescape(nh3.clean(MARKDOWN.render(markdown), tags=set())).split())
