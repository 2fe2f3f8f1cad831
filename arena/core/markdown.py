"""Markdown of unknown origin as HTML that can do nothing and call nobody."""

from collections.abc import Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

TAGS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("strong", "em", "s", "sub", "sup", "table", "thead", "tbody", "tr", "th", "td"),
}
TOP_HEADING = 3  # a pane's own title is a level 2


class _Renderer(RendererHTML):
    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Only the words: an address would name its owner, and fetching it would tell them."""
        alt = self.renderInlineAsText(tokens[idx].children or [], options, env)
        return f"[image: {nh3.clean_text(alt)}]" if alt else "[image]"


_parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer)
_parser.enable(["table", "strikethrough"])


def markdown_html(text: str) -> str:
    """Formatted text without links, images, scripts or attributes. Raw HTML shows as text."""
    tokens = _parser.parse(text)
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    top = min((int(token.tag[1]) for token in headings), default=1)
    for token in headings:
        token.tag = f"h{min(6, int(token.tag[1]) - top + TOP_HEADING)}"
    env: dict[str, Any] = {}
    html = str(_parser.renderer.render(tokens, _parser.options, env))
    return nh3.clean(html, tags=TAGS, attributes={"ol": {"start"}}, link_rel=None)
