"""What a checkpoint's own files tell of it: ``README.md``, ``config.json``, headers of the weights.

Everything here was written by whoever made the model: it is shown as their word, as plain text.
"""

import codecs
import json
import re
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import yaml

from workers.adapters.base import Adapter

Facts = dict[str, Any]


class Plain(yaml.SafeLoader):
    """Without aliases: a card needs none, and a few lines of them unfold to any size."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)


MOST_CARD, MOST_FRONT, MOST_HEADER = 400_000, 64_000, 64 * 2**20
MOST_SIDES, MOST_LONG = 16, 2**40
LONGEST = 1500
"""Characters of a passage that are kept."""
# Strangers write cards, so no pattern may look far: each is bounded, or anchored at one place.
FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
HEADING = re.compile(r"^#{1,6}[ \t]+(\S[^\n]{0,300})$", re.MULTILINE)
USES = re.compile(r"intended\s+(?:use|purpose)|\bdirect\s+use|^uses?\b|how\s+to\s+use", re.I)
MARKUP = re.compile(r"!\[[^\[\]]{0,400}\]\([^()]{0,2000}\)|<[^<>]{1,400}>")
LINK = re.compile(r"\[([^\[\]]{0,400})\]\([^()]{0,2000}\)")
NOT_READ = (("<!--", "-->"), ("```", "```"), ("<script", "</script>"), ("<style", "</style>"))
TOLD = ("language", "base_model", "datasets")


def facts_of(adapter: Adapter) -> Facts:
    """What the files of a loaded adapter tell; empty where it has none of its own."""
    checkpoint = getattr(adapter, "checkpoint", None)
    if checkpoint is None:
        return {}
    pinned = {"revision": checkpoint.commit or checkpoint.digest}
    return {**facts_in(checkpoint.folder), **pinned}


def facts_in(folder: Path) -> Facts:
    """Licence, intended use, architecture and size, as far as the files in ``folder`` tell."""
    card = _read(folder / "README.md")[:MOST_CARD]
    front, body = _front(card), FRONT.sub("", card)
    found = {
        "licence": _licence(front),
        "description": _first_passage(body),
        "intended_use": _passage_under(body, USES),
        **{key: _words(front.get(key)) for key in TOLD},
        **_architecture(_json(folder / "config.json")),
        **_weights(folder),
    }
    return {key: value for key, value in found.items() if value not in (None, "", [])}


def _licence(front: Mapping[str, Any]) -> str:
    """A licence of one's own is called ``other`` and named beside."""
    named = _words(front.get("license"))
    own = _words(front.get("license_name")) if named in {"other", ""} else ""
    return (own or named)[:120]


def _front(card: str) -> dict[str, Any]:
    found = FRONT.match(card)
    if not found or len(found[1]) > MOST_FRONT:
        return {}
    try:
        told = yaml.load(found[1], Loader=Plain)  # noqa: S506  (a SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _words(value: Any) -> str:
    """A word, or a list of words as one line; nothing else counts."""
    if isinstance(value, list):
        return ", ".join(_word(each) for each in value[:20] if isinstance(each, str | int))[:300]
    return _word(value)[:300] if isinstance(value, str) or value is False else ""


def _word(value: str | int) -> str:
    """The code of Norwegian is what YAML takes for a no."""
    return "no" if value is False else str(value).replace("\0", "").strip()


def _first_passage(body: str) -> str:
    """The first paragraph of prose."""
    for part in re.split(r"\n\s*\n", _plain(HEADING.sub("", body))):
        text = " ".join(part.split())
        if len(text) > 40 and not text.startswith(("|", "-", "*", ">")):
            return _cut(text)
    return ""


def _passage_under(body: str, wanted: re.Pattern[str]) -> str:
    """What stands below the first heading that ``wanted`` finds, up to the next one."""
    headings = list(HEADING.finditer(body))
    for number, heading in enumerate(headings):
        if wanted.search(heading[1].rstrip("# ")):
            ends = headings[number + 1].start() if number + 1 < len(headings) else len(body)
            if text := " ".join(_plain(body[heading.end() : ends]).split()):
                return _cut(text)
    return ""


def _plain(text: str) -> str:
    for begin, end in NOT_READ:
        text = _cut_out(text, begin, end)
    return LINK.sub(r"\1", MARKUP.sub(" ", text)).replace("\0", "")


def _cut_out(text: str, begin: str, end: str) -> str:
    """Without what stands between ``begin`` and ``end``, in one pass."""
    kept, place = [], 0
    while (found := text.find(begin, place)) >= 0:
        ends = text.find(end, found + len(begin))
        if ends < 0:
            break
        kept.append(text[place:found])
        place = ends + len(end)
    return " ".join([*kept, text[place:]])


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rsplit(' ', 1)[0]} …"


def _architecture(config: Mapping[str, Any]) -> Facts:
    """Of a model for several kinds of input, the part that writes tells its context."""
    inner = config.get("text_config")
    both = {**inner, **config} if isinstance(inner, dict) else config
    context = both.get("max_position_embeddings")
    return {
        "architecture": _words(config.get("architectures")) or _words(config.get("model_type")),
        "stored_as": _words(both.get("dtype") or both.get("torch_dtype")),
        "context_tokens": context if type(context) is int and context > 0 else None,
    }


def _weights(folder: Path) -> Facts:
    files = sorted(folder.glob("*.safetensors"))
    return {
        "weight_bytes": sum(path.stat().st_size for path in files) or None,
        "parameters": sum(_parameters(path) for path in files) or None,
    }


def _parameters(path: Path) -> int:
    """How many numbers a safetensors file holds, from its header."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > MOST_HEADER:
            return 0
        try:
            header = json.loads(file.read(length))
        except (ValueError, RecursionError):
            return 0
    if not isinstance(header, dict):
        return 0
    return sum(_count(entry) for name, entry in header.items() if name != "__metadata__")


def _count(entry: Any) -> int:
    """Of one tensor; nothing where its shape is none."""
    shape = entry.get("shape") if isinstance(entry, dict) else None
    if not isinstance(shape, list) or len(shape) > MOST_SIDES:
        return 0
    good = all(type(side) is int and 0 <= side < MOST_LONG for side in shape)
    return prod(shape) if good else 0


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_read(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _read(path: Path) -> str:
    """As UTF-8, or as its first bytes say; else as Latin 1, which every byte can be."""
    try:
        if not _inside(path):
            return ""
        with path.open("rb") as file:
            data = file.read(MOST_CARD)
    except OSError:
        return ""
    text = _decoded(data)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _inside(path: Path) -> bool:
    """Whether a link leads to no other place; the Hub's cache links within its own repository."""
    folder = path.parent.resolve()
    cached = folder.parent.name == "snapshots"
    return path.resolve().is_relative_to(folder.parents[1] if cached else folder)


def _decoded(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    try:
        # What was cut off in the middle of a character is no other encoding.
        return codecs.getincrementaldecoder("utf-8-sig")().decode(data)
    except UnicodeDecodeError:
        return data.decode("latin-1")
