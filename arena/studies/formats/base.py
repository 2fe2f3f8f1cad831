"""What a case format has to say of itself."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Protocol

from arena.studies.models import Asset, CaseVersion
from arena.studies.new_case import CaseError, NewAsset, SourceFile
from arena.studies.stills.base import Look, Still
from evaluation.kinds import CaseFacts

Content = dict[str, Any]
AssetUrl = Callable[[str], str]
UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters (but tab and line end) and lone surrogates: no database keeps them."""
LONGEST_TEXT = 1_000_000
"""Characters of one text; a discharge summary has about 20,000."""


@dataclass(frozen=True)
class FileGroup:
    """The files that make one case, and the key it gets where a table names none."""

    key: str
    files: tuple[SourceFile, ...]


@dataclass(frozen=True)
class Found:
    """What the files of one case gave."""

    content: Content
    assets: tuple[NewAsset, ...] = ()


def each_file(files: Sequence[SourceFile], name: str) -> list[FileGroup]:
    """Every file is a case, named like the file without its ending."""
    return [FileGroup(key_of(file.name), (file,)) for file in files]


def key_of(name: str) -> str:
    """The path without the ending of the file's kind; ``.nii.gz`` is one ending."""
    path = PurePosixPath(name)
    if path.suffix.lower() == ".gz":
        path = path.with_suffix("")
    return path.with_suffix("").as_posix()


@dataclass(frozen=True)
class Made:
    """A file made of a case's content and assets when it is asked for: a chart, a tile."""

    body: bytes
    media_type: str


Assets = Mapping[str, Asset]
"""The stored files of a case, by name."""


def never(content: Content, metas: Mapping[str, Mapping[str, Any]]) -> bool:
    """Of no case."""
    return False


@dataclass(frozen=True)
class Senses:
    """How a case of files reaches systems that take no such files, but read and maybe see."""

    stills: Callable[[Assets, Look], list[Still]] | None = None
    """Pictures that show it; ``None`` where no picture can. Raises ``UnseenError``."""
    told: Callable[[Content, Mapping[str, Mapping[str, Any]]], bool] = never
    """Whether words say all of it: else a system that only reads is not asked."""
    words: Callable[[Assets], str] | None = None
    """Its files in words, where its text does not hold them already."""


PLAIN = Senses()
"""Of cases in words, and of files that neither pictures nor words can stand for."""


@dataclass(frozen=True)
class FileRule:
    """How cases of a format come as files."""

    read: Callable[[Sequence[SourceFile], Mapping[str, str]], Found]
    """Clean assets of one group; is given the row's ``options``. Raises ``RowError``."""
    group: Callable[[Sequence[SourceFile], str], list[FileGroup]] = each_file
    """Which belong together, given also the name of the file or archive that was brought."""
    options: tuple[str, ...] = ()
    """Columns of a table beside the files that reading needs to know of."""
    own_tables: bool = False
    """Whether the files may be tables themselves; what describes them is then ``cases.csv``."""
    needed: bool = True
    """Whether a case cannot do without a file."""


VIEWERS = ("css/viewers.css",)
"""The stylesheet of all formats that are more than words."""


class CaseFormat(Protocol):
    """One kind of input: how it comes, its content, what outputs may know of it, its pane."""

    key: str
    title: str
    accepts: str
    """What may be uploaded, in a sentence or two for the import page."""
    fields: tuple[str, ...]
    """Content fields that columns of the same name fill; the first is text."""
    required: tuple[str, ...]
    """Those a table must have."""
    files: FileRule | None
    """``None`` where cases are rows of a table only."""
    structured: bool
    """Whether systems are sent the content as data beside its text."""
    senses: Senses
    """How systems are sent it that take no files; of a case in words, nothing need be said."""
    template: str
    """The case pane, below frontend/templates; its context comes from ``context``."""
    styles: tuple[str, ...]
    """Stylesheets the pane needs beside cases.css."""

    def validate(self, content: Mapping[str, Any], assets: tuple[NewAsset, ...]) -> Content:
        """The content in canonical form. Raises ``CaseError`` naming the faulty field."""

    def facts(self, content: Content, assets: Mapping[str, Mapping[str, Any]]) -> CaseFacts:
        """``assets``: the meta of each asset by its name. ``text`` is what systems are sent."""

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        """What the template needs; ``asset_url`` gives the address of a file by its name."""

    def made(self, version: CaseVersion, name: str) -> Made | None:
        """The file ``name`` that ``context`` refers to and that is not stored."""


class FromFiles:
    """What most formats have in common whose cases are files."""

    fields: tuple[str, ...] = ("caption",)
    required: tuple[str, ...] = ()
    structured: bool = False
    styles: tuple[str, ...] = VIEWERS
    senses: Senses = PLAIN

    def made(self, version: CaseVersion, name: str) -> Made | None:
        return None


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


def stored(assets: Assets, name: str) -> bytes:
    """The bytes of a case's file."""
    with assets[name].file.open() as file:
        return bytes(file.read())


def as_still(assets: Assets, name: str, said: str) -> Still:
    """A stored picture as it is."""
    meta = assets[name].meta
    data = stored(assets, name)
    return Still(name, said, data, meta["width"], meta["height"], assets[name].media_type)


def caption_of(content: Mapping[str, Any]) -> str:
    """The optional line about a case that is a file."""
    caption = content.get("caption", "")
    return plain_text(caption, "caption") if caption else ""


def only_assets(assets: Sequence[NewAsset], *names: str, problem: str) -> None:
    """That a case holds exactly these files; raises ``CaseError`` with what it must hold."""
    if [asset.name for asset in assets] != list(names):
        raise CaseError("file", problem)


def only_fields(content: Mapping[str, Any], *known: str) -> None:
    for name in content:
        if name not in known:
            raise CaseError(name, f"is not a field of this case format; it has {', '.join(known)}")
