"""From a case to a chat model's tokens. What a case says stays text: it can neither open another
turn nor pretend to be the system.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from workers.adapters.base import AdapterError

Message = dict[str, Any]
"""``role`` and ``content``; the content is a text, or a list of parts for a processor."""
Breaking = Callable[[Any, re.Pattern[str]], Any]
TODAY = date(2024, 7, 26)
"""Templates that write today's date would send another prompt every day; they get this one."""
CLOCK = re.compile(r"""strftime_now\(\s*(['"])(.*?)\1\s*\)""")
SPELLED = ("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>")
"""Words that some templates use as marks although they are no tokens."""
PROBE = "is this turn written"
PROBE_TOOL, PROBE_CALL = "is-this-tool-told", "is this call written"


@dataclass(frozen=True)
class Prompt:
    """What is sent: as text and as token ids."""

    text: str
    ids: tuple[int, ...]
    """Tokens; an image among them stands as its own."""

    def known(self) -> dict[str, Any]:
        """For provenance: the text itself, and digests that show any change at a glance."""
        return {
            "prompt_sent": self.text,
            "prompt_sha256": sha256(self.text),
            "token_ids_sha256": sha256(",".join(map(str, self.ids))),
            "tokens_in": len(self.ids),
        }


class ChatTemplate:
    """The template of a tokenizer or a processor, with the system's own prompt."""

    def __init__(
        self, owner: Any, *, system: str = "", options: Mapping[str, Any] | None = None
    ) -> None:
        self._owner, self._system, self._options = owner, system, dict(options or {})
        self._tokenizer = getattr(owner, "tokenizer", owner)

    @cached_property
    def source(self) -> str:
        """The Jinja text; empty for models that only continue a text."""
        found = self._owner.chat_template or self._tokenizer.chat_template
        return str(found.get("default", "") if isinstance(found, dict) else found or "")

    def known(self) -> dict[str, Any]:
        return {"template_sha256": sha256(self.source)}

    def knows_tools(self, content: Any) -> bool:
        """Whether tools, a call and a tool's reply all stand in what is sent; ``content``: none."""
        from jinja2 import TemplateError

        tool = {"name": PROBE_TOOL, "description": "", "parameters": {"type": "object"}}
        call = {"name": "x", "arguments": {"key": PROBE_CALL}}
        turns = [
            {"role": "user", "content": content},
            {
                "role": "assistant",
                "content": content,
                "tool_calls": [{"type": "function", "id": "call00000", "function": call}],
            },
            {
                "role": "tool",
                "name": "x",
                "tool_call_id": "call00000",
                "content": self._content(PROBE),
            },
        ]
        options = {**self._options, "tools": [{"type": "function", "function": tool}]}
        try:
            text = str(self._apply(turns, tokenize=False, given=options)) if self.source else ""
        except (TemplateError, TypeError):
            return False
        return all(word in text for word in (PROBE, PROBE_CALL, PROBE_TOOL))

    def prompt(self, messages: Sequence[Message]) -> Prompt:
        """The tokens of a talk in texts, tokenised as the model was trained.

        Control tokens that a message spells are encoded as plain text; where a tokenizer knows no
        other way to write them, and in the names of tools and arguments that a model made up, they
        are broken by a blank.
        """
        if not self.source:
            return self._continued(messages)
        talk = self._talk(self._harmless(self._harmless(messages, SPELLED), self._control, _keyed))
        try:
            ids = self._tokens(talk)
        except (ValueError, NotImplementedError):
            ids = self._tokens(self._harmless(talk, self._control), sanitize_control_tokens=False)
        return Prompt(self.text(messages), tuple(ids))

    def text(self, messages: Sequence[Message]) -> str:
        """What is sent, as text."""
        return str(self._apply(self._talk(messages), tokenize=False))

    def inputs(self, talks: Sequence[Sequence[Message]]) -> Any:
        """A processor's padded tensors for talks with images in them.

        Processors count the marks of images in the text, so that spelled ones must be broken.
        """
        words = (*self._control, *SPELLED)
        return self._apply(
            [self._talk(self._harmless(talk, words)) for talk in talks],
            tokenize=True,
            return_dict=True,
            sanitize_control_tokens=True,
            processor_kwargs={"padding": True, "padding_side": "left", "return_tensors": "pt"},
        )

    def _continued(self, messages: Sequence[Message]) -> Prompt:
        texts = [self._system, *(str(message["content"]) for message in messages)]
        text = "\n\n".join(filter(None, texts))
        ids = self._tokenizer.encode(text, split_special_tokens=True)
        return Prompt(text, tuple(ids))

    def _talk(self, messages: Sequence[Message]) -> list[Message]:
        """The system's turn in front; into the first turn where the template has no such role."""
        if not self._system:
            return list(messages)
        if self._knows_system:
            return [{"role": "system", "content": self._content(self._system)}, *messages]
        first = messages[0]["content"]
        joined = (
            f"{self._system}\n\n{first}"
            if isinstance(first, str)
            else [{"type": "text", "text": self._system}, *first]
        )
        return [{**messages[0], "content": joined}, *messages[1:]]

    @cached_property
    def _knows_system(self) -> bool:
        from jinja2 import TemplateError

        turns = [{"role": role, "content": self._content(PROBE)} for role in ("system", "user")]
        try:
            return str(self._apply(turns, tokenize=False)).count(PROBE) == len(turns)
        except TemplateError:
            return False

    def _content(self, text: str) -> Any:
        return text if self._owner is self._tokenizer else [{"type": "text", "text": text}]

    def _tokens(self, talk: list[Message], sanitize_control_tokens: bool = True) -> list[int]:
        found = self._apply(
            talk,
            tokenize=True,
            return_dict=True,
            sanitize_control_tokens=sanitize_control_tokens,
        )
        return list(found["input_ids"])

    def _apply(self, talk: Any, *, given: Mapping[str, Any] | None = None, **options: Any) -> Any:
        if not self.source:
            raise AdapterError("The model has no chat template.", failure="rejected_by_policy")
        fixed = CLOCK.sub(lambda found: repr(TODAY.strftime(found[2])), self.source)
        given = self._options if given is None else given
        return self._owner.apply_chat_template(
            talk, chat_template=fixed, add_generation_prompt=True, **options, **given
        )

    @cached_property
    def _control(self) -> tuple[str, ...]:
        added = self._tokenizer.added_tokens_decoder.values()
        words = [str(token.content) for token in added]
        return tuple(word for word in words if len(word) > 1 and not word.isspace())

    def _harmless(
        self,
        messages: Sequence[Message],
        words: Sequence[str],
        broken: Breaking | None = None,
    ) -> list[Message]:
        """The messages with control words, and such others as the template uses, broken.

        ``broken`` breaks them in one value; without it, wherever they stand.
        """
        known = [word for word in words if word in self._control or word in self.source]
        if not known:
            return list(messages)
        pattern = re.compile("|".join(map(re.escape, sorted(known, key=len, reverse=True))))
        return [_each_said(message, pattern, broken or _broken) for message in messages]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _each_said(message: Message, pattern: re.Pattern[str], broken: Breaking) -> Message:
    """With all broken that somebody said: the words, the tools that were called, their replies."""
    said = {**message, "content": _content_said(message["content"], pattern, broken)}
    if "name" in message:
        said["name"] = broken(message["name"], pattern)
    if calls := message.get("tool_calls"):
        said["tool_calls"] = [_call_said(call, pattern, broken) for call in calls]
    return said


def _content_said(content: Any, pattern: re.Pattern[str], broken: Breaking) -> Any:
    if isinstance(content, str):
        return broken(content, pattern)
    return [
        {**part, "text": broken(part["text"], pattern)} if "text" in part else part
        for part in content
    ]


def _call_said(call: Message, pattern: re.Pattern[str], broken: Breaking) -> Message:
    function = {key: broken(value, pattern) for key, value in call["function"].items()}
    return {**call, "function": function}


def _broken(said: Any, pattern: re.Pattern[str]) -> Any:
    """Every text in it, keys included."""
    if isinstance(said, str):
        return pattern.sub(lambda found: f"{found[0][0]} {found[0][1:]}", said)
    if isinstance(said, Mapping):
        return {_broken(key, pattern): _broken(value, pattern) for key, value in said.items()}
    return [_broken(each, pattern) for each in said] if isinstance(said, list) else said


def _keyed(said: Any, pattern: re.Pattern[str]) -> Any:
    """The keys alone: transformers marks control tokens in values, and forgets these."""
    if isinstance(said, Mapping):
        return {_broken(key, pattern): _keyed(value, pattern) for key, value in said.items()}
    return [_keyed(each, pattern) for each in said] if isinstance(said, list) else said
