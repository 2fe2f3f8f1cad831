"""What a checkpoint's own files tell of it: ``README.md``, ``config.json``, headers of the weights.

Everything here was written by whoever made the model: it is shown as their word, as plain text.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from workers.adapters.base import Adapter

Facts = dict[str, Any]
MOST_CARD, MOST_FRONT, MOST_HEADER = 400_000, 64_000, 64 * 2**20
LONGEST = 1500
"""Characters of a passage that are kept."""
FRONT = re.compile(r"\A---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$", re.MULTILINE)
USES = re.compile(r"intended\s+(?:use|purpose)|\bdirect\s+use|^uses?\b|how\s+to\s+use", re.I)
MARKUP = re.compile(r"<!--.*?-->|<[^>]{1,400}>|!\[[^\]]*\]\([^)]*\)|```.*?```", re.DOTALL)
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
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
        told = yaml.safe_load(found[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _words(value: Any) -> str:
    """A word, or a list of words as one line; nothing else counts."""
    if isinstance(value, list):
        return ", ".join(str(word) for word in value[:20] if isinstance(word, str | int))[:300]
    return value.strip()[:300] if isinstance(value, str) else ""


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
        if wanted.search(heading[2]):
            ends = headings[number + 1].start() if number + 1 < len(headings) else len(body)
            if text := " ".join(_plain(body[heading.end() : ends]).split()):
                return _cut(text)
    return ""


def _plain(text: str) -> str:
    return LINK.sub(r"\1", MARKUP.sub(" ", text))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rsplit(' ', 1)[0]} …"


def _architecture(config: Mapping[str, Any]) -> Facts:
    return {
        "architecture": _words(config.get("architectures")) or _words(config.get("model_type")),
        "stored_as": _words(config.get("dtype") or config.get("torch_dtype")),
        "context_tokens": config.get("max_position_embeddings"),
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
    tensors = [entry for name, entry in header.items() if name != "__metadata__"]
    return sum(_product(entry.get("shape", [])) for entry in tensors)


def _product(shape: list[int]) -> int:
    size = 1
    for side in shape:
        size *= side
    return size


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_read(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(MOST_CARD)
    except OSError:
        return ""
