"""The messages of the rater's path: where they are written, and a language that shows gaps."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

from arena.core.catalogs import compiled
from tests.conftest import ROOT

LOCALE = ROOT / "frontend" / "locale"
TEMPLATES = sorted((ROOT / "frontend" / "templates").rglob("*.html"))
MODULES = sorted((ROOT / "arena").rglob("*.py"))
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "pgettext", "pgettext_lazy", "ngettext"}
STRING = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
IN_TEMPLATE = re.compile(rf"\b(n?gettext|_)\(\s*u?({STRING})")


def messages() -> Iterator[str]:
    """Every English text the site asks a translation of."""
    for template in TEMPLATES:
        source = templatize(template.read_text(encoding="utf-8"), origin=template.name)
        yield from (ast.literal_eval(text) for _, text in IN_TEMPLATE.findall(source))
    for module in MODULES:
        yield from messages_of(module)


def messages_of(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            said = node.args[0 if node.func.id == "ngettext" else -1]
            if isinstance(said, ast.Constant) and isinstance(said.value, str):
                yield said.value


# Letters of a script that runs from right to left; gaps and markup stay.
HEBREW = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "אבכדעפגהיקלמנסופצרשתחטזץךםאבכדעפגהיקלמנסופצרשתחטזץךם",
)
KEPT = re.compile(r"(%\(\w+\)[sd]|%%|\{\w+\}|<[^>]+>|&\w+;|\\.)")


def pseudo_locale(folder: Path, code: str, *, from_right: bool = False) -> Path:
    """Catalogs for ``code`` in which every text is longer and in brackets nothing else has.

    With ``from_right`` its letters are Hebrew ones, so that it runs as such a language would.
    """
    po = (LOCALE / "fr" / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")
    head, *rest = po.split("\n\n")
    blocks = [head, *(pseudo_block(block, from_right=from_right) for block in rest)]
    target = folder / code / "LC_MESSAGES"
    target.mkdir(parents=True)
    (target / "django.mo").write_bytes(compiled("\n\n".join(blocks)))
    return folder


def pseudo_block(block: str, *, from_right: bool) -> str:
    english = dict(re.findall(r'^(msgid|msgid_plural) (".*")$', block, re.MULTILINE))

    def longer(match: re.Match[str]) -> str:
        text = ast.literal_eval(english["msgid_plural" if match[1] == "[1]" else "msgid"])
        padded = f"⟦{text}{'·' * (len(text) // 3)}⟧"
        told = hebrew(padded) if from_right else padded
        return f"msgstr{match[1]} {json.dumps(told, ensure_ascii=False)}"

    return re.sub(r'^msgstr(\[\d\]|) ".*"$', longer, block, flags=re.MULTILINE)


def hebrew(text: str) -> str:
    parts = KEPT.split(text)
    return "".join(part if i % 2 else part.translate(HEBREW) for i, part in enumerate(parts))
