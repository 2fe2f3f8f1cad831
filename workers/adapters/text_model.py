"""What language models with and without images have in common: prompts, limits, what is told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakValueDictionary

from workers.adapters.base import (
    AdapterError,
    Answer,
    Ask,
    Record,
    Result,
    pictures_known,
    untaken_refuse,
)
from workers.adapters.chat_template import ChatTemplate, Message, Prompt
from workers.adapters.decoding import Decoding
from workers.adapters.dialogue import DIALOGUE, Talk, led, questions_of
from workers.adapters.local_model import LocalModel
from workers.adapters.records import record_of
from workers.adapters.refusals import declines

if TYPE_CHECKING:
    from workers.adapters.generating import Made, Request, Stops

TIME_LIMIT = 600.0
THINKING_END = "</think>"
MOST_THINKING = 20_000
"""Characters of thinking that are kept beside an answer."""


class TextModel(LocalModel):
    """``system_prompt``, ``template_options`` (as in ``{"enable_thinking": false}``),
    ``thinking_end`` (the token after which the answer begins) and ``time_limit`` in seconds."""

    reads: ClassVar[tuple[str, ...]] = ("text",)
    """The kinds of parts that the model is sent."""

    def __init__(self, config: Mapping[str, Any], revision: str = "") -> None:
        super().__init__(config, revision)
        # By the very object: what was taken back once may be asked for again.
        self._unwanted = WeakValueDictionary[int, Ask]()
        self._talks: dict[int, Talk] = {}
        """Dialogues under way, by their case."""

    def load(self) -> None:
        super().load()
        from workers.adapters.generating import plain_defaults

        plain_defaults(self.model)

    def cancel(self, ask: Ask) -> None:
        self._unwanted[id(ask)] = ask

    def results(self, asks: Sequence[Ask]) -> Iterator[Result]:
        """Cases that want one answer first, then dialogues turn by turn."""
        talks = [Talk(ask, questions_of(ask)) for ask in asks if ask.output_kind == DIALOGUE]
        yield from self.single_results([ask for ask in asks if ask.output_kind != DIALOGUE])
        mine = {id(talk.ask): talk for talk in talks}
        self._talks |= mine
        try:
            yield from led(talks, self.single_results)
        finally:
            for key in mine:
                self._talks.pop(key, None)

    def single_results(self, asks: Sequence[Ask]) -> Iterator[Result]:
        """One result per ask, each of one answer."""
        return super().results(asks)

    def _talk(self, put: Ask) -> Talk | None:
        """The dialogue that a question is of."""
        return next((talk for talk in list(self._talks.values()) if talk.put is put), None)

    def _taken_back(self, ask: Ask) -> bool:
        talk = self._talk(ask)
        wanted = talk.ask if talk else ask
        return self._unwanted.get(id(wanted)) is wanted

    def _seconds(self, ask: Ask) -> float:
        """What is left of a case's time limit: of a dialogue, all turns share it."""
        talk = self._talk(ask)
        left = float(self.config.get("time_limit") or TIME_LIMIT) - (talk.seconds if talk else 0)
        if left <= 0:
            problem = "The dialogue took longer than the system's time limit."
            raise AdapterError(problem, failure="timed_out")
        return left

    def request(self, ask: Ask, ids: Sequence[int]) -> "Request":
        """The ask as what a batch is made of; raises ``AdapterError`` where it is too long."""
        from workers.adapters.generating import Request

        decoding = Decoding.of(ask.decoding)
        if self.room and len(ids) + decoding.max_tokens > self.room:
            problem = (
                f"The prompt has {len(ids)} tokens and {decoding.max_tokens} are kept for the "
                f"answer, but the model reads {self.room} in all: lower max_tokens in the "
                "decoding, or shorten the prompt or the case."
            )
            raise AdapterError(problem, failure="rejected_by_policy")
        limit, taken_back = self._seconds(ask), partial(self._taken_back, ask)
        return Request(tuple(ids), decoding, ask.seed, limit, taken_back)

    def answered(
        self, ask: Ask, request: "Request", made: "Made", prompt: Prompt
    ) -> Answer | AdapterError:
        """The text without the thinking before it; an error where it was broken off."""
        known = {**prompt.known(), **self.template.known(), **made.known()}
        known["decoding"] = asdict(request.decoding)
        known |= {"pictures": pictures_known(ask.images)} if ask.images else {}
        thinking, ids = self._thinking_apart(made.ids, prompt)
        text = self._decoded(ids)
        for word in request.decoding.stop:
            text, found, _ = text.partition(word)
            known |= {"finish_reason": "stop", "truncated": False} if found else {}
        if thinking:
            known["tokens_thinking"] = len(thinking)
            known["thinking"] = self._decoded(thinking)[:MOST_THINKING]
        try:
            return Answer(self._record(ask, made, text.strip()), known)
        except AdapterError as error:
            error.known = known
            return error

    def _record(self, ask: Ask, made: "Made", text: str) -> Record:
        if error := made.broken(alone=made.batch == 1):
            raise error
        if made.finish == "length" and not text:
            problem = "All tokens were used up before the answer began: allow more in max_tokens."
            raise AdapterError(problem, failure="empty")
        if self.config.get("find_refusals", True) and declines(text):
            raise AdapterError(text, failure="refused")
        return record_of(ask.output_kind, text)

    @cached_property
    def template(self) -> ChatTemplate:
        system = str(self.config.get("system_prompt") or "")
        return ChatTemplate(
            self.processor, system=system, options=self.config.get("template_options")
        )

    @cached_property
    def stops(self) -> "Stops":
        from workers.adapters.generating import stops_of

        return stops_of(self.model, self.tokenizer)

    @property
    def tokenizer(self) -> Any:
        return getattr(self.processor, "tokenizer", self.processor)

    @property
    def room(self) -> int:
        """Tokens that prompt and answer may have together; 0 where the model sets no limit."""
        config = self.model.config.get_text_config()
        return int(getattr(config, "max_position_embeddings", None) or 0)

    def kind(self, ask: Ask) -> Decoding:
        return Decoding.of(ask.decoding)

    def messages(self, ask: Ask) -> list[Message]:
        """The case as the user's turn; of a dialogue, all turns so far, the first one framed."""
        untaken_refuse(ask, reads=self.reads)
        first = next((n for n, turn in enumerate(ask.turns) if turn.role == "user"), 0)
        framed = ask.rendered_with(ask.turns[first].text) if ask.turns else ask.rendered
        following = [
            {"role": turn.role, "content": self.content(turn.text)}
            for turn in ask.turns[first + 1 :]
        ]
        return [{"role": "user", "content": self.content(framed, ask)}, *following]

    def content(self, text: str, ask: Ask | None = None) -> Any:
        """A turn's content; ``ask`` is given where its pictures belong to the turn."""
        return text

    def _decoded(self, ids: Sequence[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=True))

    def _thinking_apart(self, ids: list[int], prompt: Prompt) -> tuple[list[int], list[int]]:
        """Up to the end of thinking, and after it; all is thinking where that never ends."""
        word = str(self.config.get("thinking_end") or THINKING_END)
        known = self.tokenizer.convert_tokens_to_ids
        end, start = known(word), known(word.replace("/", ""))
        if end in (None, self.tokenizer.unk_token_id):
            return [], ids
        if end in ids:
            place = ids.index(end) + 1
            return ids[:place], ids[place:]
        began = start not in (None, end) and start in (*prompt.ids[-3:], *ids[:1])
        return (ids, []) if began else ([], ids)
