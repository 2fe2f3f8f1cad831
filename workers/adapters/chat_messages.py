"""A case as the turns of a talk. Case content only ever stands in the user's and the assistant's
turns, never in the system's."""

import base64
import io
from typing import Any

from workers.adapters.base import CONTENT, AdapterError, Ask, Part, Turn

Message = dict[str, Any]
LONGEST_SIDE = 2048
MOST_IMAGE_BYTES = 8 * 2**20
MOST_IMAGES = 32


def opening(ask: Ask, *, side: int = LONGEST_SIDE) -> tuple[list[Message], list[Turn]]:
    """The first user turn, and the turns of the case that follow it.

    The prompt frames the first turn of a dialogue; the others are sent as they are.
    """
    if not_sent(ask) and not (ask.text.strip() or ask.images or ask.turns):
        problem = (
            f"A chat cannot be sent {', '.join(not_sent(ask))}, and the case has nothing else."
        )
        raise AdapterError(problem, failure="rejected_by_policy")
    if not ask.turns:
        return [{"role": "user", "content": _content(ask.rendered, ask, side)}], []
    first = next((n for n, turn in enumerate(ask.turns) if turn.role == "user"), 0)
    framed = ask.rendered_with(ask.turns[first].text)
    return [{"role": "user", "content": _content(framed, ask, side)}], list(ask.turns[first + 1 :])


def turn_message(turn: Turn) -> Message:
    return {"role": turn.role, "content": turn.text}


def not_sent(ask: Ask) -> list[str]:
    """Names of the case's files that a chat has no place for."""
    sent = {"text", "image"}
    return [part.name for part in ask.parts if part.kind not in sent and part.name != CONTENT]


def _content(text: str, ask: Ask, side: int) -> str | list[dict[str, Any]]:
    if not ask.images:
        return text
    if len(ask.images) > MOST_IMAGES:
        problem = f"The case has {len(ask.images)} images; at most {MOST_IMAGES} are sent."
        raise AdapterError(problem, failure="rejected_by_policy")
    return [{"type": "text", "text": text}, *(_image(part, side) for part in ask.images)]


def _image(part: Part, side: int) -> dict[str, Any]:
    media_type, data = _sized(part, side)
    if len(data) > MOST_IMAGE_BYTES:
        problem = f"{part.name} has {len(data) / 2**20:.1f} MB; at most 8 MB are sent."
        raise AdapterError(problem, failure="rejected_by_policy")
    url = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


def _sized(part: Part, side: int) -> tuple[str, bytes]:
    """The image as it is, or made smaller where a side is longer than ``side`` pixels."""
    if max(part.meta.get("width") or 0, part.meta.get("height") or 0) <= side:
        return part.media_type, part.data
    from PIL import Image

    with Image.open(io.BytesIO(part.data)) as image:
        image.thumbnail((side, side))
        kept = io.BytesIO()
        image.save(kept, format="PNG")
    return "image/png", kept.getvalue()
