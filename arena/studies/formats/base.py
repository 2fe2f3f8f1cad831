"""What a case format has to say of itself."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from arena.studies.models import CaseVersion
from arena.studies.new_case import CaseError, NewAsset
from evaluation.kinds import CaseFacts

Content = dict[str, Any]
AssetUrl = Callable[[str], str]
UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters (but tab and line end) and lone surrogates: no database keeps them."""
LONGEST_TEXT = 1_000_000
"""Characters of one text; a discharge summary has about 20,000."""


class CaseFormat(Protocol):
    """One kind of input: its content, what validation of outputs may know of it, its pane."""

    key: str
    title: str
    text_field: str
    """The content field that a table's ``text`` column fills."""
    template: str
    """The case pane, below frontend/templates; its context comes from ``context``."""

    def validate(self, content: Mapping[str, Any], assets: tuple[NewAsset, ...]) -> Content:
        """The content in canonical form. Raises ``CaseError`` naming the faulty field."""

    def facts(self, content: Content, assets: Mapping[str, Mapping[str, Any]]) -> CaseFacts:
        """``assets``: the meta of each asset by its name."""

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        """What the template needs; ``asset_url`` gives an asset's address by its name."""


def plain_text(value: object, field: str) -> str:
    """Text in NFC with \\n line ends and no trailing blanks; never empty.

    Raises ``CaseError`` for anything but text, and for characters no database stores.
    """
    if not isinstance(value, str):
        raise CaseError(field, f"is {type(value).__name__}, not text")
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.strip("\n").rstrip()
    if not text.strip() or text.strip().lower() == "nan":
        raise CaseError(field, "is empty")
    if len(text) > LONGEST_TEXT:
        raise CaseError(field, f"has {len(text):,} characters; at most {LONGEST_TEXT:,} fit")
    found = UNSTORABLE.search(text)
    if found:
        raise CaseError(field, f"has the control character {found[0]!r} at {found.start()}: remove")
    return text


def only_fields(content: Mapping[str, Any], *known: str) -> None:
    for name in content:
        if name not in known:
            raise CaseError(name, f"is not a field of this case format; it has {', '.join(known)}")
