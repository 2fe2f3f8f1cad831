"""Fills a request template with a case, and picks a record out of a reply.

The request is JSON in which texts hold placeholders::

    {"inputs": "{prompt}", "image": "{file.image}", "parameters": {"seed": "{seed}"}}

A text that is nothing but one placeholder becomes the value itself (a number, a list); otherwise
the value is written into the text. The record is JSON in which texts that begin with ``$`` are
paths into the reply, ``$each`` goes through a list, and ``$file`` is a file in base64::

    {"text": "$.answer"}
    {"image": {"$file": "$.png"}}
    {"spans": {"$each": "$.entities", "start": "$.from", "end": "$.to", "type": "$.label"}}
"""

import base64
import json
import re
from typing import Any

from workers.adapters.base import AdapterError, Ask, Part

PLACEHOLDER = re.compile(r"\{([a-z_]+(?:\.[\w-]+)*)\}")
STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|\[(\*)\]|\[\"([^\"]+)\"\]")
EACH, FILE = "$each", "$file"
MOST_FILES = 64


def filled(template: Any, ask: Ask, *, key: str = "") -> Any:
    """The template with the case's values in it; braces inside those stay what they are."""
    if isinstance(template, dict):
        return {name: filled(value, ask, key=key) for name, value in template.items()}
    if isinstance(template, list):
        return [filled(value, ask, key=key) for value in template]
    if not isinstance(template, str):
        return template
    alone = PLACEHOLDER.fullmatch(template)
    if alone:
        return _value(ask, alone[1], key)
    return PLACEHOLDER.sub(lambda found: _written(_value(ask, found[1], key)), template)


def least_size(template: Any, ask: Ask) -> int:
    """Bytes that the case's texts and files take in the filled template, known before it is."""
    names = [found[1] for found in PLACEHOLDER.finditer(json.dumps(template))]
    return sum(_size(ask, name) for name in names)


def picked(template: Any, reply: Any) -> tuple[Any, dict[str, bytes]]:
    """The record as ``template`` describes it, and the files it names.

    Raises ``AdapterError`` for what is not there.
    """
    files: dict[str, bytes] = {}
    return _picked(template, reply, files), files


def _picked(template: Any, reply: Any, files: dict[str, bytes]) -> Any:
    if isinstance(template, dict) and EACH in template:
        of_each = {key: value for key, value in template.items() if key != EACH}
        return [_picked(of_each, item, files) for item in _list(template[EACH], reply)]
    if isinstance(template, dict) and FILE in template:
        if len(files) == MOST_FILES:
            problem = f"The record names more than {MOST_FILES} files."
            raise AdapterError(problem, failure="invalid_output")
        name = f"file-{len(files) + 1}"
        files[name] = _decoded(at(template[FILE], reply), template[FILE])
        return name
    if isinstance(template, dict):
        return {key: _picked(value, reply, files) for key, value in template.items()}
    if isinstance(template, list):
        return [_picked(value, reply, files) for value in template]
    if isinstance(template, str) and template.startswith("$"):
        return at(template, reply)
    return template


def _decoded(said: Any, path: str) -> bytes:
    """A file in base64, also as a ``data:`` address."""
    text = said.partition(",")[2] if str(said).startswith("data:") else said
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, TypeError) as error:
        problem = f"What the reply has at {path} is no file in base64."
        raise AdapterError(problem, failure="invalid_output") from error


def at(path: str, reply: Any) -> Any:
    """What ``path`` leads to, as in ``$.choices[0].text`` or ``$.items[*].name``."""
    return _walk(path, list(STEP.finditer(path, 1)), reply)


def _walk(path: str, steps: list[re.Match[str]], value: Any) -> Any:
    for number, step in enumerate(steps):
        if step[3]:
            rest = steps[number + 1 :]
            return [_walk(path, rest, item) for item in _listed(path, step, value)]
        value = _step(path, step, value)
    return value


def _step(path: str, step: re.Match[str], value: Any) -> Any:
    name, index = step[1] or step[4], step[2]
    if name is not None and isinstance(value, dict) and name in value:
        return value[name]
    if index is not None and isinstance(value, list) and int(index) < len(value):
        return value[int(index)]
    raise _absent(path, step, value)


def _listed(path: str, step: re.Match[str], value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _absent(path, step, value)
    return value


def _list(path: str, reply: Any) -> list[Any]:
    found = at(path, reply)
    if not isinstance(found, list):
        problem = f"The reply has no list at {path}, but {_shape(found)}."
        raise AdapterError(problem, failure="invalid_output")
    return found


def _absent(path: str, step: re.Match[str], value: Any) -> AdapterError:
    problem = f"The reply has nothing at {path[: step.end()]}; there is {_shape(value)}."
    return AdapterError(problem, failure="invalid_output")


def _shape(value: Any) -> str:
    if isinstance(value, dict):
        return f"an object with {', '.join(list(map(str, value))[:12]) or 'no fields'}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return f"{json.dumps(value, ensure_ascii=False)[:60]}"


def _value(ask: Ask, name: str, key: str) -> Any:
    """The value of one placeholder."""
    first, _, rest = name.partition(".")
    if first == "file":
        return base64.b64encode(_file(ask, rest).data).decode()
    if first == "meta":
        part, _, entry = rest.partition(".")
        return _file(ask, part).meta.get(entry)
    return {
        "key": key,
        "question": ask.question,
        "text": ask.text,
        "prompt": ask.rendered,
        "output_kind": ask.output_kind,
        "seed": ask.seed,
        "case_id": ask.case_id,
        "decoding": dict(ask.decoding),
        "turns": [{"role": turn.role, "text": turn.text} for turn in ask.turns],
        "files": [_whole(part) for part in ask.parts if isinstance(part.data, bytes)],
    }[name]


def _size(ask: Ask, name: str) -> int:
    first, _, rest = name.partition(".")
    parts = [part for part in ask.parts if isinstance(part.data, bytes)]
    if first in {"file", "files"}:
        return sum(len(part.data) * 4 // 3 for part in parts if rest in {"", part.name})
    return {"text": len(ask.text), "prompt": len(ask.rendered)}.get(name, 0)


def _file(ask: Ask, name: str) -> Part:
    held = {part.name: part for part in ask.parts if isinstance(part.data, bytes)}
    if name not in held:
        problem = f"The case has no file {name!r}; it has: {', '.join(held) or 'none'}."
        raise AdapterError(problem, failure="rejected_by_policy")
    return held[name]


def _whole(part: Part) -> dict[str, Any]:
    data = base64.b64encode(part.data).decode()
    return {"name": part.name, "media_type": part.media_type, "data": data}


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
