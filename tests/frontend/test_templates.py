"""Every template parses and keeps to the rules of a strict, offline site."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.urls import get_resolver

from tests.frontend.sources import FRONTEND, TEMPLATES, short

INLINE_SCRIPT = re.compile(r"<script\b(?![^>]*(?:\bsrc=|type=.application/json.))", re.I)
HANDLER = re.compile(r"<[^>]*\s(?:on[a-z]+|hx-on[:\w-]*)\s*=", re.I)
FOREIGN_ASSET = re.compile(
    r"""<(?:script|img|link|source|video|audio|iframe|object|embed)\b[^>]*
    \b(?:src|href|srcset|data)\s*=\s*["']?(?:https?:)?//""",
    re.I | re.X,
)
URL_NAME = re.compile(r"""\{%\s*url\s+["']([\w:-]+)["']""")
STATIC_NAME = re.compile(r"""\{%\s*static\s+["']([^"']+)["']""")
COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}|<!--.*?-->", re.S)
# Written by the programmer; and a presenter's ``html``, which core/markdown.py made.
CLEANED = re.compile(r"field\.help_text|ballot\.instructions|\w+\.html")
TABLE = re.compile(r'<table\b(?! class="forest")')  # the forest is arranged anew where it is narrow
FRAMED = re.compile(
    r'<div class="table-wrap[^"]*" (?:id="[^"]*" )?(?:dir="ltr" )?tabindex="0" role="region" '
    r'aria-label(?:ledby)?="[^"<>]*(?:"[^"<>]*"[^"<>]*)*">\s*<table\b'
)
IN_A_PANE = (
    "templates/voting/kinds/",
    "templates/studies/formats/",
)  # which scrolls, and has a name

every_template = pytest.mark.parametrize("path", TEMPLATES, ids=short)


def read(path: Path) -> str:
    return COMMENT.sub("", path.read_text())


@every_template
def test_a_template_parses(path: Path) -> None:
    get_template(str(path.relative_to(FRONTEND / "templates")))


@every_template
def test_a_template_has_no_inline_style_script_or_handler(path: Path) -> None:
    source = read(path)
    assert not re.search(r"<[^>]*\sstyle\s*=", source, re.I), "a style attribute"
    assert not re.search(r"<style\b", source, re.I), "a style element"
    assert not INLINE_SCRIPT.search(source), "an inline script"
    assert not HANDLER.search(source), "an inline event handler"
    assert not re.search(r"""["']js:|javascript:""", source), "code in an attribute"


@every_template
def test_a_template_loads_nothing_from_another_host(path: Path) -> None:
    assert not FOREIGN_ASSET.search(read(path))


@every_template
def test_the_addresses_a_template_links_to_exist(path: Path) -> None:
    names = {str(name) for name in get_resolver().reverse_dict if isinstance(name, str)}
    spaces = set(get_resolver().namespace_dict)
    used = {match[1] for match in URL_NAME.finditer(read(path))}
    assert not {name for name in used if name not in names and name.split(":")[0] not in spaces}


@every_template
def test_the_static_files_a_template_names_exist(path: Path) -> None:
    missing = {name for name in STATIC_NAME.findall(read(path)) if finders.find(name) is None}
    assert not missing


@every_template
def test_only_cleaned_html_is_marked_safe(path: Path) -> None:
    unescaped = set(re.findall(r"([\w.]+)\s*\|\s*safe\b", read(path)))
    assert not [name for name in unescaped if not CLEANED.fullmatch(name)]
    assert not re.search(r"autoescape\s+off", read(path))


@every_template
def test_a_table_lies_in_a_frame_that_scrolls_by_keyboard_and_has_a_name(path: Path) -> None:
    source = read(path)
    if not short(path).startswith(IN_A_PANE):
        assert len(FRAMED.findall(source)) == len(TABLE.findall(source))


@pytest.mark.parametrize("path", sorted((FRONTEND / "templates/voting/kinds").iterdir()), ids=short)
def test_a_table_of_an_output_stands_in_the_frame_of_all(path: Path) -> None:
    """One place says how a pane's table scrolls, and whose it is."""
    if path.name != "_table.html":
        assert not re.search(r'<table class="table|table-wrap output-table', read(path))
