"""Markdown of unknown origin as HTML that can do nothing and call nobody."""

from collections.abc import Sequence
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from arena.core import formulas

TAGS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("strong", "em", "s", "sub", "sup", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"ol": {"start"}, **dict.fromkeys(formulas.TAGS, formulas.ATTRIBUTES)}
MOST_FORMULAS = 400  # of one text; what comes after stays as it was written
TOP_HEADING = 3  # a pane's own title is a level 2


class _Renderer(RendererHTML):
    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Only the words: an address would name its owner, and fetching it would tell them."""
        alt = self.renderInlineAsText(tokens[idx].children or [], options, env)
        return f"[image: {nh3.clean_text(alt)}]" if alt else "[image]"

    def formula(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        env["formulas"] = env.get("formulas", 0) + 1
        few = env["formulas"] <= MOST_FORMULAS
        made = formulas.mathml(token.content, display=token.meta["display"]) if few else None
        written = made or f"<code>{escape(token.markup)}</code>"
        return f"<p>{written}</p>\n" if token.block else written


_parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer)
_parser.enable(["table", "strikethrough"])
_parser.disable("reference")  # it swallows lines such as “[1]: https://…”, which are content here
formulas.add_formulas(_parser)


def markdown_html(text: str) -> str:
    """Formatted text without links, images, scripts or attributes. Raw HTML shows as text."""
    tokens = _parser.parse(text)
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    top = min((int(token.tag[1]) for token in headings), default=1)
    for token in headings:
        token.tag = f"h{min(6, int(token.tag[1]) - top + TOP_HEADING)}"
    env: dict[str, Any] = {}
    html = str(_parser.renderer.render(tokens, _parser.options, env))
    return nh3.clean(html, tags=TAGS | formulas.TAGS, attributes=ATTRIBUTES, link_rel=None)
