"""Formulas in markdown: LaTeX becomes MathML, which browsers draw and read out by themselves.

``$…$`` and ``\\(…\\)`` stand in a line, ``$$…$$`` and ``\\[…\\]`` on lines of their own. What
cannot be converted is shown as it was written.
"""

import html
import re
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import Converter
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

LONGEST = 2000
"""Characters of one formula, and how far its end is looked for: many beginnings stay quick."""
REFUSED = re.compile(r"\\(?:(?:re)?newcommand|def|let|href|style|class|cssId|unicode)\b")
"""Definitions could grow without end; the others reach for what a formula has no use for."""
TAGS = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "ms", "mspace", "mfrac", "msqrt", "mroot"),
    *("mstyle", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd"),
    *("mpadded", "mphantom", "mmultiscripts", "mprescripts", "none", "menclose"),
}
ATTRIBUTES = {
    *("display", "mathvariant", "stretchy", "fence", "form", "accent", "displaystyle"),
    *("scriptlevel", "linethickness", "minsize", "maxsize", "width", "movablelimits", "notation"),
}
VALUE = re.compile(r"[a-z]{1,20}|-?[0-9]?(?:\.[0-9]{1,3})?(?:em|ex|mu)?")
"""Words and small sizes only."""
MONEY = re.compile(r"[\d.,]+\s[^\\^_={}<>+*/]*")
"""``$5 or 6$`` is a price; a formula that begins with a number has a sign in it."""
INLINE = {"$$": "$$", "$": "$", r"\(": r"\)", r"\[": r"\]"}
BLOCK = {"$$": "$$", r"\[": r"\]"}
DISPLAYED = ("$$", r"\[")
DEEPEST = 50  # elements within elements
MOST_LINES = 60


def mathml(latex: str, *, display: bool) -> str | None:
    """The formula as a ``<math>`` element; ``None`` where it cannot be had whole and harmless."""
    if len(latex) > LONGEST or REFUSED.search(latex):
        return None
    style = "block" if display else "inline"
    try:
        tree = Converter(display=style).convert_to_element(latex.strip())
        deep = _depth(tree) > DEEPEST
    except Exception:  # the converter has some twenty of its own, and lets others out
        return None
    if deep or not all(_harmless(element) for element in tree.iter()):
        return None
    return tostring(tree, encoding="unicode", short_empty_elements=False)


def add_formulas(parser: MarkdownIt) -> None:
    """Teach ``parser`` formulas: tokens ``formula``; ``meta`` says whether on a line of its own."""
    parser.inline.ruler.before("escape", "formula", _inline)
    parser.block.ruler.before(
        "fence", "formula", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


def _harmless(element: Element) -> bool:
    """Cleans the element; false where a command was not understood or leaves the vocabulary."""
    element.text = html.unescape(element.text or "")
    kept = {k: v for k, v in element.attrib.items() if k in ATTRIBUTES and VALUE.fullmatch(v)}
    element.attrib.clear()
    element.attrib.update(kept)
    return element.tag in TAGS and not re.match(r"\\[A-Za-z]", element.text)


def _depth(element: Element) -> int:
    return 1 + max(map(_depth, element), default=0)


def _inline(state: StateInline, silent: bool) -> bool:
    opening = next((o for o in INLINE if state.src.startswith(o, state.pos)), None)
    if opening is None:
        return False
    begin = state.pos + len(opening)
    end = state.src.find(INLINE[opening], begin, min(state.posMax, begin + LONGEST))
    content = state.src[begin:end] if end > begin else ""
    after = state.src[end + 1 : end + 2]
    if not content.strip() or (opening == "$" and not _meant(content, after)):
        return False
    if not silent:
        token = state.push("formula", "math", 0)
        token.content, token.markup = content, opening + content + INLINE[opening]
        token.meta = {"display": opening in DISPLAYED}
    state.pos = end + len(INLINE[opening])
    return True


def _meant(content: str, after: str) -> bool:
    """Whether what stands between two dollar signs is a formula and not a price."""
    outside = content != content.strip() or content.endswith("\\") or after.isdigit()
    return not outside and not MONEY.fullmatch(content)


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    first = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    closing = BLOCK.get(first[:2])
    if closing is None or state.is_code_block(start):
        return False
    lines = range(start, min(end, start + MOST_LINES))
    last = next((n for n in lines if _closes(state, n, start, closing)), None)
    if last is None:
        return False
    if not silent:
        token = state.push("formula", "math", 0)
        token.markup = state.getLines(start, last + 1, state.tShift[start], False).strip()
        token.content = token.markup[2:-2]
        token.meta = {"display": True}
        token.block = True
    state.line = last + 1
    return True


def _closes(state: StateBlock, line: int, start: int, closing: str) -> bool:
    """Whether the line ends the formula: it ends with ``closing``, and the formula is not empty."""
    text = state.src[state.bMarks[line] : state.eMarks[line]].rstrip()
    return text.endswith(closing) and (line > start or len(text.strip()) > 4)
