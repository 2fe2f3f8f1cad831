"""Any server that speaks OpenAI's chat completions: vLLM, TGI, Ollama, commercial ones."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from workers.adapters.base import (
    AdapterError,
    Answer,
    Ask,
    Part,
    Record,
    Turn,
    pictures_known,
)
from workers.adapters.chat_messages import LONGEST_SIDE, Message, opening, turn_message
from workers.adapters.chat_reply import MOST_THINKING, ChatReply, reply_of, reply_streamed, usage_of
from workers.adapters.dialogue import DIALOGUE, dialogue_record, questions_of
from workers.adapters.records import record_of
from workers.adapters.refusals import declines
from workers.adapters.remote import Remote, left_until
from workers.adapters.safe_http import Reply, Stream, post_stream
from workers.adapters.server_errors import error_for
from workers.adapters.sse import events
from workers.adapters.tools import Toolbox, as_json

BROKEN_OFF = ("abort", "error")
"""How vLLM ends what it could not finish."""
DECODING = (
    "temperature", "top_p", "top_k", "min_p", "max_tokens", "max_completion_tokens", "stop",
    "frequency_penalty", "presence_penalty", "repetition_penalty", "reasoning_effort",
    "response_format", "chat_template_kwargs", "verbosity",
)  # fmt: skip


@dataclass
class Talk:
    """One case on its way: what was said so far, and what is left of its time."""

    ask: Ask
    ends: float
    messages: list[Message]
    images: list[Part]
    replies: list[ChatReply] = field(default_factory=list)
    steps: list[Record] = field(default_factory=list)
    sent: Any = field(default_factory=hashlib.sha256)
    """Over the bodies of all requests."""
    started: float = field(default_factory=perf_counter)


class OpenAICompatible(Remote):
    """``base_url`` and ``model``; ``system_prompt`` goes first, and case text only ever stands in
    the user's turn. ``tools`` are looked up, never run.

    The key is the one stored for the system, or ``key_variable`` names the worker's environment
    variable that holds it.
    """

    def answer(self, ask: Ask) -> Answer:
        side = int(self.config.get("image_side") or LONGEST_SIDE)
        begun = opening(ask, side=side, sees=bool(self.config.get("sees", True)))
        talk = Talk(ask, self.deadline(), [*self._system(), *begun.messages], begun.images)
        try:
            return Answer(self._record(talk, begun.following), self._known(talk))
        except AdapterError as error:
            error.known = self._known(talk)
            raise

    def _record(self, talk: Talk, following: list[Turn]) -> Record:
        if talk.ask.output_kind == DIALOGUE:
            return self._dialogue(talk)
        talk.messages += [turn_message(turn) for turn in following]
        text = self._answered(talk)
        if not text.strip() and talk.steps and not self.config.get("tools"):
            self._tools_missing(talk)
        return record_of(talk.ask.output_kind, text, talk.steps)

    def _tools_missing(self, talk: Talk) -> None:
        """Its steps are the answer where steps are asked for; elsewhere there is none."""
        if talk.ask.output_kind == "agent-trajectory":
            return
        names = ", ".join(sorted({str(step["name"]) for step in talk.steps}))
        problem = f"It asked for a tool ({names}), but the system declares none: declare its tools."
        raise AdapterError(problem, failure="empty")

    def _dialogue(self, talk: Talk) -> Record:
        """The case's user turns one after the other, each answered before the next is put."""
        questions = questions_of(talk.ask)
        replies = [self._answered(talk)]
        for question in questions[1:]:
            talk.messages.append({"role": "user", "content": question})
            replies.append(self._answered(talk))
        return dialogue_record(questions, replies)

    def _answered(self, talk: Talk) -> str:
        """The next turn of the system; tools it asks for are looked up first."""
        toolbox = Toolbox.of(self.config)
        for _ in range(int(self.config.get("most_steps") or 8) + 1):
            reply = self._asked(talk, toolbox)
            talk.messages.append(reply.message())
            if not reply.calls or not toolbox:
                asked = [(call, as_json(call["arguments"])) for call in reply.calls]
                talk.steps += [_step(talk, call, given, None) for call, given in asked]
                return self._accepted(reply)
            for place, call in enumerate(reply.calls):
                given, output = toolbox.call(call["name"], call["arguments"], before=place)
                talk.steps.append(_step(talk, call, given, output))
                said = {"role": "tool", "tool_call_id": call["id"], "content": output}
                talk.messages.append(said)
        problem = f"It called tools {len(talk.steps)} times and gave no answer."
        raise AdapterError(problem, failure="timed_out")

    def _asked(self, talk: Talk, toolbox: Toolbox) -> ChatReply:
        body = self.request(talk.ask, talk.messages, toolbox)
        talk.sent.update(json.dumps(body, sort_keys=True).encode())
        started, seconds = perf_counter(), left_until(talk.ends)
        address = f"{self.config['base_url'].rstrip('/')}/chat/completions"
        with post_stream(address, body, headers=self.key_headers(), seconds=seconds) as stream:
            reply = _read(stream, started)
        talk.replies.append(reply)
        return reply

    def request(self, ask: Ask, messages: list[Message], toolbox: Toolbox) -> dict[str, Any]:
        """The body that is sent."""
        settings = {key: ask.decoding[key] for key in DECODING if key in ask.decoding}
        streamed = {"stream": True, "stream_options": {"include_usage": True}}
        return {
            "model": self.config["model"],
            "messages": messages,
            **({"tools": toolbox.schema()} if toolbox else {}),
            **settings,
            **({"seed": ask.seed} if self.config.get("send_seed", True) else {}),
            **(streamed if self.config.get("stream", True) else {}),
        }

    def _accepted(self, reply: ChatReply) -> str:
        """The text; a refusal and a content filter are failures of their own class."""
        if reply.refusal:
            raise AdapterError(reply.refusal[:500], failure="refused")
        if reply.finish in BROKEN_OFF:
            problem = f"The server broke the answer off ({reply.finish})."
            raise AdapterError(problem, retryable=True)
        if reply.finish == "content_filter":
            problem = "The server's content filter stopped it."
            raise AdapterError(problem, failure="rejected_by_policy")
        if self.config.get("find_refusals", True) and declines(reply.text):
            raise AdapterError(reply.text, failure="refused")
        if reply.finish == "length" and not reply.text.strip():
            problem = "All tokens were used up before the answer began: allow more in max_tokens."
            raise AdapterError(problem, failure="empty")
        return reply.text

    def _system(self) -> list[Message]:
        system = self.config.get("system_prompt")
        return [{"role": "system", "content": system}] if system else []

    def _known(self, talk: Talk) -> dict[str, Any]:
        """What is worth knowing of how the answer came about."""
        if not talk.replies:
            return {"requests": 0}
        last, thinking = talk.replies[-1], "\n\n".join(r.thinking for r in talk.replies).strip()
        known = {
            "finish_reason": last.finish or None,
            "truncated": last.finish == "length",
            "served": last.served,
            "requests": len(talk.replies),
            "first_token_seconds": talk.replies[0].first_token_seconds,
            "sent_sha256": talk.sent.hexdigest(),
            "thinking": thinking[:MOST_THINKING],
            "steps": talk.steps,
            "pictures": pictures_known(talk.images),
            **usage_of(talk.replies),
        }
        return {key: value for key, value in known.items() if value not in (None, "", [], False)}


def _read(stream: Stream, started: float) -> ChatReply:
    """Streamed where the server streams, whole where it does not."""
    if stream.status != 200:
        raise error_for(stream.whole())
    if stream.headers.get("content-type", "").startswith("text/event-stream"):
        return reply_streamed(events(stream.pieces), started)
    return reply_of(_json(stream.whole()))


def _step(talk: Talk, call: Mapping[str, Any], given: Any, output: str | None) -> Record:
    seconds = round(perf_counter() - talk.started, 3)
    return {
        "type": "tool-call",
        "name": as_json(call["name"]),
        "input": given,
        "output": output,
        "t": seconds,
    }


def _json(reply: Reply) -> dict[str, Any]:
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        raise AdapterError("The server did not send JSON.", failure="invalid_output") from error
    first = body[0] if isinstance(body, list) and body else body
    return first if isinstance(first, dict) else {}
