"""What language models with and without images have in common: prompts, limits, what is told."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
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
from workers.adapters.dialogue import DIALOGUE, Led, Talk, led, questions_of
from workers.adapters.exchange import CALLS, MOST_STEPS, Exchange
from workers.adapters.local_model import LocalModel
from workers.adapters.records import record_of
from workers.adapters.refusals import declines
from workers.adapters.tool_calls import Call, calls_in, calls_told
from workers.adapters.tools import Toolbox

if TYPE_CHECKING:
    from workers.adapters.generating import Made, Request, Stops

LED = TypeVar("LED", bound=Led)
TIME_LIMIT = 600.0
THINKING_END = "</think>"
MOST_THINKING = 20_000
"""Characters of thinking that are kept beside an answer."""


class TextModel(LocalModel):
    """``system_prompt``, ``template_options`` (as in ``{"enable_thinking": false}``),
    ``thinking_end`` (the token after which the answer begins) and ``time_limit`` in seconds.

    ``tools`` are looked up, never run, at most ``most_steps`` times in a case and ``most_calls``
    in one of these.
    """

    reads: ClassVar[tuple[str, ...]] = ("text",)
    """The kinds of parts that the model is sent."""

    def __init__(self, config: Mapping[str, Any], revision: str = "") -> None:
        super().__init__(config, revision)
        # By the very object: what was taken back once may be asked for again.
        self._unwanted = WeakValueDictionary[int, Ask]()
        self._talks: dict[int, Talk] = {}
        """Dialogues under way, by their case."""
        self._exchanges: dict[int, Exchange] = {}
        """Cases during which tools are looked up, likewise."""

    def load(self) -> None:
        super().load()
        from workers.adapters.generating import plain_defaults

        plain_defaults(self.model)
        if self.toolbox and not self.template.knows_tools(self.content("")):
            problem = (
                "The model's chat template has no place for tools: declare none, or take a model "
                "that was trained to call them."
            )
            raise AdapterError(problem, failure="rejected_by_policy")

    def cancel(self, ask: Ask) -> None:
        self._unwanted[id(ask)] = ask

    def results(self, asks: Sequence[Ask]) -> Iterator[Result]:
        """Cases that want one answer first, then dialogues turn by turn."""
        talks = [Talk(ask, questions_of(ask)) for ask in asks if ask.output_kind == DIALOGUE]
        yield from self._exchanged([ask for ask in asks if ask.output_kind != DIALOGUE])
        with _noted(self._talks, talks):
            yield from led(talks, self._exchanged)

    def _exchanged(self, asks: Sequence[Ask]) -> Iterator[Result]:
        """One result per ask; where tools are declared, after as many turns as it takes."""
        if not self.toolbox:
            yield from self.single_results(asks)
            return
        most = int(self.config.get("most_steps") or MOST_STEPS)
        exchanges = [Exchange(ask, self.toolbox, most) for ask in asks]
        with _noted(self._exchanges, exchanges):
            yield from led(exchanges, self.single_results)

    def single_results(self, asks: Sequence[Ask]) -> Iterator[Result]:
        """One result per ask, each of one turn."""
        return super().results(asks)

    def _under_way(self, put: Ask) -> "tuple[Exchange | None, Talk | None]":
        """What a question belongs to: an exchange with tools, a dialogue, or one in the other."""
        exchange = _of(self._exchanges, put)
        return exchange, _of(self._talks, exchange.ask if exchange else put)

    def _taken_back(self, ask: Ask) -> bool:
        exchange, talk = self._under_way(ask)
        wanted = talk.ask if talk else exchange.ask if exchange else ask
        return self._unwanted.get(id(wanted)) is wanted

    def _seconds(self, ask: Ask) -> float:
        """What is left of a case's time limit: all its turns share it."""
        used = sum(each.seconds for each in self._under_way(ask) if each)
        left = float(self.config.get("time_limit") or TIME_LIMIT) - used
        if left <= 0:
            problem = "All turns together took longer than the system's time limit."
            raise AdapterError(problem, failure="timed_out")
        return left

    def request(self, ask: Ask, ids: Sequence[int]) -> "Request":
        """The ask as what a batch is made of; raises ``AdapterError`` where it is too long."""
        from workers.adapters.generating import Request

        decoding = Decoding.of(ask.decoding)
        if self.room and len(ids) + decoding.max_tokens > self.room:
            lower = "lower max_tokens in the decoding, or " if len(ids) < self.room else ""
            problem = (
                f"The prompt has {len(ids)} tokens and {decoding.max_tokens} are kept for the "
                f"answer, but the model reads {self.room} in all: {lower}shorten the prompt or "
                "the case."
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
            calls = self._calls(made, ids, prompt) if self.toolbox else None
            return Answer(calls or self._record(ask, made, text.strip()), known)
        except AdapterError as error:
            error.known = known
            return error

    def _calls(self, made: "Made", ids: Sequence[int], prompt: Prompt) -> Record | None:
        """The tools that are asked for, with what is said beside; nothing in an answer."""
        if made.finish not in ("stop", "length"):
            return None
        try:
            said, calls = self._read_calls(ids, prompt)
        except AdapterError as error:
            if made.finish == "stop":
                raise
            problem = f"{error} It was cut off: allow more in max_tokens."
            raise AdapterError(problem, failure="invalid_output") from error
        spoken = self._decoded(self.tokenizer.encode(said, add_special_tokens=False))
        return {"text": spoken.strip(), CALLS: calls} if calls else None

    def _read_calls(self, ids: Sequence[int], prompt: Prompt) -> "tuple[str, list[Call]]":
        """As the checkpoint says its answers are read, where it does."""
        written = str(self.tokenizer.decode(ids, skip_special_tokens=False))
        if getattr(self.tokenizer, "response_template", None) is None:
            return calls_in(written)
        schema = self.toolbox.schema()
        try:
            told = self.tokenizer.parse_response(written, prefix=prompt.text, tools=schema)
        except ValueError as error:
            problem = f"It called a tool in a way that cannot be read: {error}"
            raise AdapterError(problem, failure="invalid_output") from error
        return calls_told(told)

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
        options = dict(self.config.get("template_options") or {})
        if self.toolbox:
            options["tools"] = self.toolbox.schema()
        system = str(self.config.get("system_prompt") or "")
        return ChatTemplate(self.processor, system=system, options=options)

    @cached_property
    def toolbox(self) -> Toolbox:
        return Toolbox.of(self.config)

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
        exchange, _ = self._under_way(ask)
        looked_up = [
            {**message, "content": self.content(message["content"])}
            for message in (exchange.messages if exchange else [])
        ]
        return [{"role": "user", "content": self.content(framed, ask)}, *following, *looked_up]

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


@contextmanager
def _noted(under_way: dict[int, LED], mine: Sequence[LED]) -> Iterator[None]:
    """So that a question finds what it belongs to, from whatever thread."""
    noted = {id(each.ask): each for each in mine}
    under_way |= noted
    try:
        yield
    finally:
        for key in noted:
            under_way.pop(key, None)


def _of(under_way: Mapping[int, LED], put: Ask) -> LED | None:
    return next((each for each in list(under_way.values()) if each.put is put), None)
