"""How a language model's next token is chosen, as registered; the same words for every adapter."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from workers.adapters.base import AdapterError

SAME = {"max_new_tokens": "max_tokens", "max_completion_tokens": "max_tokens"}


@dataclass(frozen=True)
class Decoding:
    """Greedy unless there is a temperature. A model's own defaults are not applied: what is not
    registered is off, so that two systems differ only in what their cards say."""

    max_tokens: int = 512
    min_tokens: int = 0
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0
    no_repeat_ngram_size: int = 0
    stop: tuple[str, ...] = ()

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Decoding":
        """From registered settings; an unknown or odd one is refused by name."""
        known = {field.name: field for field in fields(cls)}
        given = {SAME.get(key, key): value for key, value in told.items() if value is not None}
        given.pop("seed", None)
        for key, value in given.items():
            if key not in known:
                raise _odd(f"has no {key!r}; there are: {', '.join(known)}")
            given[key] = _value(key, value, type(known[key].default))
        found = cls(**given)
        if found.max_tokens < 1 or found.temperature < 0 or not 0 < found.top_p <= 1:
            raise _odd("needs max_tokens ≥ 1, temperature ≥ 0 and top_p above 0 and up to 1")
        return found

    @property
    def sampled(self) -> bool:
        return self.temperature > 0

    @property
    def choice(self) -> tuple[float, float, int]:
        """What decides over one token; an engine serves requests of one choice."""
        return (self.temperature, self.top_p, self.top_k)

    @property
    def simple(self) -> bool:
        """Whether the choice needs the present scores only, not what was written before."""
        return (self.min_tokens, self.repetition_penalty, self.no_repeat_ngram_size, self.stop) == (
            0,
            1.0,
            0,
            (),
        )


def _value(key: str, value: Any, kind: type) -> Any:
    if kind is tuple:
        words = [value] if isinstance(value, str) else value
        if isinstance(words, list) and all(isinstance(word, str) and word for word in words):
            return tuple(words)
        raise _odd(f"{key} must be a text or a list of texts, not {value!r}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _odd(f"{key} must be a number, not {value!r}")
    if kind is int and value != int(value):
        raise _odd(f"{key} must be a whole number, not {value!r}")
    return kind(value)


def _odd(problem: str) -> AdapterError:
    return AdapterError(f"The decoding {problem}.", failure="rejected_by_policy")
