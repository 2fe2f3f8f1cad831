"""The field mapping of an ``http-json`` system, checked when it is registered.

What the templates mean is in ``workers/adapters/json_mapping.py``, which the site never imports; a
test proves that what passes here runs there.
"""

import re
from typing import Any

from arena.core.errors import UserError

PLAIN = (
    "question", "text", "prompt", "output_kind", "seed", "case_id", "decoding", "turns", "files",
    "key",
)  # fmt: skip
PLACEHOLDER = re.compile(r"\{([a-z_]+(?:\.[\w-]+)*)\}")
NAMED = re.compile(r"file\.[\w-]+|meta\.[\w-]+\.[\w-]+")
PATH = re.compile(r"\$(?:\.[\w-]+|\[\d+\]|\[\*\]|\[\"[^\"]+\"\])*")
SECRET = re.compile(
    r"(?:^|[\W_])(?:secret|passw(?:or)?d|token|api[\W_]?key|authori[sz]ation|credentials?)$", re.I
)
DEEPEST = 20


def request_checked(template: Any) -> Any:
    """The template; raises ``UserError`` naming the place of an unknown placeholder."""
    if not isinstance(template, dict | list) or not template:
        raise UserError('request: must be a JSON object, as in {"inputs": "{prompt}"}.')
    places = _texts(template, "request")
    used = {name for place, text in places for name in _names(place, text)}
    for place, text in places:
        _secret_refuse(place, text)
    if not used - {"key"}:
        raise UserError("request: sends nothing of the case; put {prompt}, {text} or a file in it.")
    return template


def names_a_secret(name: str) -> bool:
    """Whether a setting so named is likely to hold a key: ``api_key``, but not ``max_tokens``."""
    return SECRET.search(name) is not None


def _secret_refuse(place: str, text: str) -> None:
    """Settings are shown on the system's card, so a key does not belong among them."""
    if names_a_secret(place) and text and not PLACEHOLDER.search(text):
        raise UserError(
            f"{place}: looks like a key, and settings are shown to others. Write {{key}} here and "
            "enter the key in its own field."
        )


def record_checked(template: Any) -> Any:
    """The template; raises ``UserError`` naming the place of what is no path."""
    if not isinstance(template, dict | str) or not template:
        raise UserError('record: must be a JSON object, as in {"text": "$.answer"}.')
    places = _texts(template, "record")
    paths = [(place, text) for place, text in places if text.startswith("$")]
    for place, text in paths:
        path_checked(text, place)
    if not paths:
        raise UserError("record: takes nothing from the reply; paths begin with $, as in $.answer.")
    return template


def path_checked(path: Any, place: str) -> Any:
    """The path; raises ``UserError`` that says where it stops being one."""
    if not isinstance(path, str) or not path.startswith("$"):
        raise UserError(f"{place}: must be a path that begins with $, as in $.answer.")
    good = PATH.match(path)
    if good is None or good.end() != len(path):
        end = good.end() if good else 0
        raise UserError(
            f"{place}: {path!r} is not a path from character {end + 1} on; paths look like "
            '$.answer, $.items[0].name, $.items[*].name or $["odd name"].'
        )
    return path


def _names(place: str, text: str) -> list[str]:
    names = [found[1] for found in PLACEHOLDER.finditer(text)]
    for name in names:
        if name not in PLAIN and not NAMED.fullmatch(name):
            known = ", ".join(f"{{{known}}}" for known in PLAIN)
            raise UserError(
                f"{place}: {{{name}}} is not known; there are {known}, {{file.NAME}} and "
                "{meta.NAME.KEY}."
            )
    return names


def _texts(template: Any, place: str) -> list[tuple[str, str]]:
    """Every text of a template with its place, as in ``record.items[0].name``."""
    if place.count(".") + place.count("[") > DEEPEST:
        raise UserError(f"{place}: is nested too deeply.")
    if isinstance(template, dict):
        return [
            found for key, value in template.items() for found in _texts(value, f"{place}.{key}")
        ]
    if isinstance(template, list):
        return [
            found for n, value in enumerate(template) for found in _texts(value, f"{place}[{n}]")
        ]
    return [(place, template)] if isinstance(template, str) else []
