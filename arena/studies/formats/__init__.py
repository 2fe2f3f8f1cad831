"""Case formats: what a case may consist of. One format is one module of this package.

A module is found because it is here and defines ``FORMAT``; beside it there is one template,
``frontend/templates/studies/formats/<key>.html``. Nothing else has to be edited.
"""

import importlib
import pkgutil
from functools import cache
from typing import Any

from arena.studies.formats.base import AssetUrl, CaseFormat
from arena.studies.models import CaseVersion
from evaluation.kinds import CaseFacts

__all__ = ["CaseFormat", "case_context", "case_facts", "case_text", "format_for", "formats"]


@cache
def formats() -> dict[str, CaseFormat]:
    """Every case format by its key."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name != "base")
    found = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {m.FORMAT.key: m.FORMAT for m in found if hasattr(m, "FORMAT")}


def format_for(key: str) -> CaseFormat:
    """The case format named ``key``; raises ``KeyError`` that lists the known ones."""
    if key not in formats():
        raise KeyError(f"No case format {key!r}; there are: {', '.join(formats())}.")
    return formats()[key]


def is_elsewhere(version: CaseVersion) -> bool:
    """Whether only votes on the case were imported: it holds a note instead of its content."""
    fields = format_for(version.input_kind).fields
    return set(version.content) == {"text"} and "text" not in fields


def is_told(version: CaseVersion) -> bool:
    """Whether the text of a case is all of it: it is no file, or only a note of one."""
    return in_words(version.input_kind) or is_elsewhere(version)


def in_words(input_kind: str) -> bool:
    """Whether cases of a kind are told in words, however they came."""
    case_format = format_for(input_kind)
    return case_format.files is None or case_format.structured


def case_facts(version: CaseVersion) -> CaseFacts:
    """What output kinds may know of a case when they validate a record."""
    if is_elsewhere(version):
        return CaseFacts()
    assets = {asset.name: asset.meta for asset in version.assets.all()}
    return format_for(version.input_kind).facts(version.content, assets)


def case_text(input_kind: str, content: dict[str, Any]) -> str | None:
    """A case in words, where it is nothing but words; ``None`` where it is a file."""
    case_format = format_for(input_kind)
    alone = case_format.files is None or not case_format.files.needed
    return case_format.facts(content, {}).text if alone else None


def case_context(version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
    """Context of the case pane: ``template`` to include, ``case``, and what the format adds."""
    case_format = format_for(version.input_kind)
    if is_elsewhere(version):
        case_format = formats()["text"]
    return {
        "template": case_format.template,
        "styles": case_format.styles,
        "case": version,
        **case_format.context(version, asset_url),
    }
