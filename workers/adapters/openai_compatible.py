"""Any server that speaks OpenAI's chat completions: vLLM, TGI, Ollama, commercial ones."""

import base64
import json
import os
from typing import Any
from urllib.parse import urlsplit

from workers.adapters.base import Adapter, AdapterError, Answer, Ask, Part
from workers.adapters.safe_http import Reply, post_json

KEY_PREFIX = "CONSILIUM_KEY_"
DECODING = (
    "temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "reasoning_effort",
)  # fmt: skip
PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


class OpenAICompatible(Adapter):
    """``base_url`` and ``model``; ``key_variable`` names the worker's environment variable with
    the key, ``system_prompt`` goes first, and case text only ever stands in the user's turn.

    Addresses are typed into forms, so a key goes only to the server that the operator named
    beside it: ``…KEY_X`` to the host in ``…KEY_X_HOST``.
    """

    threads = True

    def answer(self, ask: Ask) -> Answer:
        reply = post_json(
            f"{self.config['base_url'].rstrip('/')}/chat/completions",
            self.request(ask),
            headers=self._headers(),
            seconds=float(self.config.get("time_limit", 600)),
        )
        if reply.status != 200:
            raise error_for(reply)
        return answer_of(_json(reply))

    def request(self, ask: Ask) -> dict[str, Any]:
        """The body that is sent."""
        system = self.config.get("system_prompt")
        first = [{"role": "system", "content": system}] if system else []
        settings = {key: ask.decoding[key] for key in DECODING if key in ask.decoding}
        seed = {"seed": ask.seed} if self.config.get("send_seed", True) else {}
        messages = [*first, {"role": "user", "content": content_of(ask)}]
        return {"model": self.config["model"], "messages": messages, **settings, **seed}

    def _headers(self) -> dict[str, str]:
        name = self.config.get("key_variable")
        if not name:
            return {}
        if not name.startswith(KEY_PREFIX) or name not in os.environ:
            problem = f"The worker has no variable {name!r}; keys are named {KEY_PREFIX}…."
            raise AdapterError(problem, failure="rejected_by_policy")
        host = urlsplit(self.config["base_url"]).hostname
        if host != os.environ.get(f"{name}_HOST", "").strip().lower():
            problem = f"{name} is not a key for {host}: the worker's {name}_HOST says for which."
            raise AdapterError(problem, failure="rejected_by_policy")
        return {"Authorization": f"Bearer {os.environ[name]}"}


def content_of(ask: Ask) -> str | list[dict[str, Any]]:
    """The user's turn: plain text, or text and images as parts."""
    if not ask.images:
        return ask.rendered
    return [{"type": "text", "text": ask.rendered}, *(_image(part) for part in ask.images)]


def error_for(reply: Reply) -> AdapterError:
    """Too many requests and a server's own troubles pass; a refused request does not."""
    said = reply.body[:500].decode(errors="replace")
    pause = reply.headers.get("retry-after", "")
    return AdapterError(
        f"The server answered {reply.status}: {said}",
        failure="rejected_by_policy" if "content_filter" in said else "crashed",
        retryable=reply.status in PASSING,
        retry_after=float(pause) if pause.isdigit() else None,
    )


def answer_of(body: dict[str, Any]) -> Answer:
    """The first choice's text; a refusal and a content filter are failures of their own class."""
    try:
        choice = body["choices"][0]
        message = choice["message"]
        text = message.get("content") or ""
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise AdapterError(
            "The server's answer has no choice.", failure="invalid_output"
        ) from error
    if message.get("refusal"):
        raise AdapterError(str(message["refusal"])[:500], failure="refused")
    if choice.get("finish_reason") == "content_filter":
        raise AdapterError("The server's content filter stopped it.", failure="rejected_by_policy")
    known = ("model", "usage", "system_fingerprint", "id")
    served = {key: body[key] for key in known if body.get(key) is not None}
    return Answer({"text": text}, {"finish_reason": choice.get("finish_reason"), "served": served})


def _image(part: Part) -> dict[str, Any]:
    data = base64.b64encode(part.data).decode()
    url = f"data:{part.media_type};base64,{data}"
    return {"type": "image_url", "image_url": {"url": url}}


def _json(reply: Reply) -> dict[str, Any]:
    try:
        body = json.loads(reply.body)
    except ValueError as error:
        raise AdapterError("The server did not send JSON.", failure="invalid_output") from error
    return body if isinstance(body, dict) else {}
