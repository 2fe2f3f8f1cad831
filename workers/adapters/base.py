"""How any system answers: what it is sent, what comes back, and which errors a retry may cure.

An adapter is one class with one method, ``answer``. Batches, the isolation of a faulty case and
provenance come from here. Adapters know neither Django nor Celery nor the arena.
"""

import hashlib
import json
import platform
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter
from typing import Any, ClassVar

from workers.devices import out_of_memory

Record = dict[str, Any]
CONTENT = "content"
"""The part that holds a structured case as JSON; its text part says the same in words."""
SAID = "said"
"""In a picture's ``meta``: the sentence that goes before it, saying what it shows of how much."""
DEFAULT_PROMPT = "{question}\n\n{text}"
MOST_PROMPT = 200_000
"""Characters of a prompt that are kept beside an answer; the digest is over all of it."""


@dataclass(frozen=True)
class Part:
    """One piece of a case: its text, or the bytes of one of its files."""

    kind: str
    """``text``, ``image``, … (the first half of the media type)."""
    data: Any
    name: str = ""
    media_type: str = "text/plain"
    meta: Mapping[str, Any] = field(default_factory=dict)
    """Width, height, spacing in mm, … as the case format stored them."""


@dataclass(frozen=True)
class Turn:
    """One turn of a dialogue that is part of the case."""

    role: str
    """``user`` or ``assistant``."""
    text: str


@dataclass(frozen=True)
class Ask:
    """One case put to a system."""

    case_id: str
    """SHA-256 of the case's content; says nothing about study or patient."""
    question: str
    parts: tuple[Part, ...]
    output_kind: str
    """The record that must come back, e.g. ``summary``."""
    prompt: str = ""
    decoding: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    turns: tuple[Turn, ...] = ()
    """Where the case is a dialogue: what was said so far, the oldest turn first."""

    @property
    def text(self) -> str:
        return "\n\n".join(part.data for part in self.parts if part.kind == "text")

    @property
    def images(self) -> list[Part]:
        return [part for part in self.parts if part.kind == "image"]

    def part(self, name: str) -> Part:
        """The part of that name; raises ``AdapterError`` where the case has none."""
        for part in self.parts:
            if part.name == name:
                return part
        raise AdapterError(f"The case has no {name}.", failure="invalid_output")

    @property
    def rendered(self) -> str:
        """The prompt filled in with the case's text."""
        return self.rendered_with(self.text)

    def rendered_with(self, text: str) -> str:
        """The prompt filled in, in one pass: braces inside ``text`` stay what they are."""
        filled = {"question": self.question, "text": text}
        template = self.prompt or DEFAULT_PROMPT
        return re.sub(r"\{(question|text)\}", lambda found: filled[found[1]], template)


@dataclass(frozen=True)
class Answer:
    """A record of the asked kind, and what is worth knowing of how it came about."""

    record: Record
    provenance: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Pictures, clips, sounds and arrays that the record names, by those names."""


class AdapterError(Exception):
    """A system gave no answer. Whoever raises knows whether trying again may help.

    ``failure`` is one of: refused, timed_out, crashed, out_of_memory, invalid_output, empty,
    rejected_by_policy, cannot_take. ``retry_after`` is in seconds, where the other side asked for
    a pause.
    """

    def __init__(
        self,
        problem: str,
        *,
        failure: str = "crashed",
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(problem)
        self.failure, self.retryable, self.retry_after = failure, retryable, retry_after
        self.known: dict[str, Any] = {}
        """What is worth knowing of how it came about, as an answer's provenance."""


class GivenUpError(AdapterError):
    """Nobody waited for the answer any more, so there is nothing to store."""


@dataclass(frozen=True)
class Result:
    """What became of one ask: an answer or an error, never both."""

    ask: Ask
    answer: Answer | None = None
    error: AdapterError | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)


class Adapter(ABC):
    """One system, with its settings; kept loaded between cases."""

    packages: ClassVar[tuple[str, ...]] = ()
    """Distributions whose versions may change an answer."""
    batch: int = 1
    """How many asks ``answer_batch`` takes at once."""
    threads: bool = False
    """Whether several threads may ask at the same time."""
    heavy: bool = False
    """Whether loading takes up memory that has to be counted; see ``needs`` and ``holds``."""
    own_code: str = ""
    """Where it runs code that is not ours: whose, at which state. Noted in the audit trail."""
    secret: str = ""
    """The key to ask a server with. Given by the worker; never part of settings or provenance."""

    def __init__(self, config: Mapping[str, Any], revision: str = "") -> None:
        self.config, self.revision = dict(config), revision

    @abstractmethod
    def answer(self, ask: Ask) -> Answer:
        """Answer one case; raises ``AdapterError`` if there is no answer."""

    def answer_batch(self, asks: Sequence[Ask]) -> "Sequence[Answer | AdapterError]":
        """One answer per ask, in their order. Override where a batch is faster than its parts.

        An ask that alone has no answer may be given an error in its place; one that is raised
        concerns the whole batch.
        """
        return [self.answer(ask) for ask in asks]

    def contained(self) -> "Adapter":
        """What is used in its place where code that is not ours would run: a confined one."""
        return self

    def load(self) -> None:  # noqa: B027  (most adapters hold nothing)
        """Take up memory. Called once, before the first case."""

    def close(self) -> None:  # noqa: B027
        """Give the memory back."""

    def needs(self) -> int:
        """Bytes that ``load`` will take up, as far as that is known before."""
        return 0

    def holds(self) -> Mapping[str, int]:
        """Bytes it keeps loaded, by name; what two adapters share has one name."""
        return {}

    def cancel(self, ask: Ask) -> None:  # noqa: B027
        """Nobody waits for this ask any more: give it up where that can be done."""

    def identity(self) -> dict[str, Any]:
        """All that may change an answer, and nothing else."""
        versions = {name: _version(name) for name in self.packages}
        return {
            "adapter": type(self).__name__,
            "revision": self.revision,
            "config": self.config,
            "versions": {"python": platform.python_version(), **versions},
        }

    def results(self, asks: Sequence[Ask]) -> Iterator[Result]:
        """Exactly one result per ask, as they come; one bad case never costs the others theirs."""
        rest = list(asks)
        while rest:
            together, rest = rest[: self.batch], rest[self.batch :]
            yield from self._attempt(together)

    def _attempt(self, asks: Sequence[Ask]) -> Iterator[Result]:
        """Answer together; a batch that fails is halved until the culprit stands alone.

        Halving also serves a device that ran out of memory: half of it may fit.
        """
        started = perf_counter()
        answers, error = self._together(asks)
        if error is None:
            note = _note(asks, started)
            yield from (_result(ask, each, note) for ask, each in zip(asks, answers, strict=True))
        elif len(asks) == 1:
            yield _result(asks[0], error, _note(asks, started))
        else:
            middle = len(asks) // 2
            yield from self._attempt(asks[:middle])
            yield from self._attempt(asks[middle:])

    def _together(
        self, asks: Sequence[Ask]
    ) -> tuple[Sequence[Answer | AdapterError], AdapterError | None]:
        """Answers, or an error of ours without its frames, which would hold a device's memory."""
        try:
            answers = self.answer_batch(asks)
        except Exception as error:
            return [], adapter_error(error).with_traceback(None)
        if len(answers) != len(asks):
            problem = f"{len(asks)} cases were sent, {len(answers)} answers came back"
            return [], AdapterError(problem)
        return answers, None


def _result(ask: Ask, found: Answer | AdapterError, note: Mapping[str, Any]) -> Result:
    if isinstance(found, AdapterError):
        return Result(ask, error=found, provenance={**note, **found.known})
    return Result(ask, replace(found, provenance={**note, **found.provenance}))


def adapter_error(error: BaseException) -> AdapterError:
    """Any exception as one of ours: out of memory and time-outs may pass, faults do not."""
    if isinstance(error, AdapterError):
        return error
    problem = f"{type(error).__name__}: {error}"
    if out_of_memory(error):
        return AdapterError(problem, failure="out_of_memory", retryable=True)
    if isinstance(error, TimeoutError):
        return AdapterError(problem, failure="timed_out", retryable=True)
    return AdapterError(problem)


def untaken_refuse(ask: Ask, *, reads: Collection[str]) -> None:
    """Raises ``AdapterError`` where a part of the case is of a kind that is not sent.

    An answer to what is left, often a caption, would count as one to the case.
    """
    known = [part for part in ask.parts if part.name != CONTENT]
    left = [part.name or part.kind for part in known if part.kind not in reads]
    if left:
        problem = f"Cannot take: {', '.join(left)}. The system is sent {' and '.join(reads)} only."
        raise AdapterError(problem, failure="cannot_take")


def pictures_known(images: Sequence[Part]) -> list[dict[str, Any]]:
    """For provenance: what was shown, in their order and as they were sent."""
    return [
        {
            "name": part.name,
            "said": part.meta.get(SAID, ""),
            "width": part.meta.get("width"),
            "height": part.meta.get("height"),
            "sha256": hashlib.sha256(part.data).hexdigest(),
        }
        for part in images
    ]


def fingerprint(ask: Ask) -> str:
    """SHA-256 of the ask as sent: the rendered prompt, the files, the settings and the seed."""
    sent = {
        **asdict(replace(ask, parts=())),
        "rendered": ask.rendered,
        "files": [hashlib.sha256(_bytes(part)).hexdigest() for part in ask.parts],
    }
    if said := [part.meta[SAID] for part in ask.images if part.meta.get(SAID)]:
        sent["said"] = said
    return hashlib.sha256(json.dumps(sent, sort_keys=True, default=str).encode()).hexdigest()


def prompt_known(ask: Ask) -> dict[str, Any]:
    """The prompt in words, for provenance; adapters that render it otherwise say so themselves."""
    text = ask.rendered
    return {
        "prompt_sent": text[:MOST_PROMPT],
        "prompt_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def _bytes(part: Part) -> bytes:
    return part.data if isinstance(part.data, bytes) else str(part.data).encode()


def _note(asks: Sequence[Ask], started: float) -> dict[str, Any]:
    """Beside the answer, not part of its identity: time is shared by the batch."""
    return {"batch": len(asks), "seconds": round((perf_counter() - started) / len(asks), 4)}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
