"""A case as the turns of a talk. Case content only ever stands in the user's and the assistant's
turns, never in the system's."""

import base64
import io
from dataclasses import dataclass, replace
from typing import Any

from workers.adapters.base import SAID, AdapterError, Ask, Part, Turn, untaken_refuse

Message = dict[str, Any]
LONGEST_SIDE = 2048
MOST_IMAGE_BYTES = 8 * 2**20
MOST_IMAGES = 32


@dataclass(frozen=True)
class Opening:
    """How a talk about a case begins."""

    messages: list[Message]
    """The first user turn."""
    following: list[Turn]
    """The turns of the case after it."""
    images: list[Part]
    """As they are sent."""


def opening(ask: Ask, *, side: int = LONGEST_SIDE, sees: bool = True) -> Opening:
    """The prompt frames the first turn of a dialogue; the others are sent as they are.

    Raises ``AdapterError`` where the case holds what the chat cannot be sent.
    """
    untaken_refuse(ask, reads=("text", "image") if sees else ("text",))
    if len(ask.images) > MOST_IMAGES:
        problem = f"The case has {len(ask.images)} images; at most {MOST_IMAGES} are sent."
        raise AdapterError(problem, failure="rejected_by_policy")
    images = [_sized(part, side) for part in ask.images]
    if not ask.turns:
        return Opening([_first(ask.rendered, images)], [], images)
    first = next((n for n, turn in enumerate(ask.turns) if turn.role == "user"), 0)
    framed = ask.rendered_with(ask.turns[first].text)
    return Opening([_first(framed, images)], list(ask.turns[first + 1 :]), images)


def turn_message(turn: Turn) -> Message:
    return {"role": turn.role, "content": turn.text}


def _first(text: str, images: list[Part]) -> Message:
    """Each image after the sentence that says what it shows, where there is one."""
    if not images:
        return {"role": "user", "content": text}
    content: list[dict[str, Any]] = [{"type": "text", "text": text}]
    for part in images:
        if said := part.meta.get(SAID):
            content.append({"type": "text", "text": said})
        content.append(_image(part))
    return {"role": "user", "content": content}


def _image(part: Part) -> dict[str, Any]:
    if len(part.data) > MOST_IMAGE_BYTES:
        problem = f"{part.name} has {len(part.data) / 2**20:.1f} MB; at most 8 MB are sent."
        raise AdapterError(problem, failure="rejected_by_policy")
    url = f"data:{part.media_type};base64,{base64.b64encode(part.data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


def _sized(part: Part, side: int) -> Part:
    """The image as it is, or made smaller where a side is longer than ``side`` pixels."""
    if max(part.meta.get("width") or 0, part.meta.get("height") or 0) <= side:
        return part
    from PIL import Image

    with Image.open(io.BytesIO(part.data)) as image:
        image.thumbnail((side, side))
        kept = io.BytesIO()
        image.save(kept, format="PNG")
        meta = {**part.meta, "width": image.width, "height": image.height}
    return replace(part, data=kept.getvalue(), media_type="image/png", meta=meta)
