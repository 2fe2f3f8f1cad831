"""Worked examples before the case, fixed or chosen for being like it."""

from typing import Any

from workers.adapters.base import Ask
from workers.strategies.base import Changed, OptionError, text_of, with_text
from workers.strategies.corpus import Passage, ranked

MOST_DEMONSTRATIONS = 64


class FewShot(Changed):
    """``demonstrations``: ``[{"text", "answer"}, …]``; ``choose``: first or nearest; ``count``."""

    key = "few-shot"
    title = "Few-shot examples"
    help = "Puts worked examples before the case: the first ones, or those most like it."
    known = ("demonstrations", "choose", "count")

    def load(self) -> None:
        given = self.options.get("demonstrations")
        if not isinstance(given, list) or not 1 <= len(given) <= MOST_DEMONSTRATIONS:
            problem = f"few-shot needs 1 to {MOST_DEMONSTRATIONS} demonstrations."
            raise OptionError(problem)
        if self.options.get("choose", "first") not in {"first", "nearest"}:
            raise OptionError("'choose' of few-shot must be first or nearest.")
        self._shown = [_demonstration(each, n) for n, each in enumerate(given)]

    def changed(self, ask: Ask) -> Ask:
        text = text_of(ask)
        examples = [
            f"Example {n}:\n{passage.text}\n\nAnswer:\n{passage.title}"
            for n, passage in enumerate(self._chosen(text), start=1)
        ]
        return with_text(ask, "\n\n".join([*examples, f"The case:\n{text}"]))

    def _chosen(self, text: str) -> list[Passage]:
        count = self.count("count", 3)
        if self.options.get("choose", "first") == "first":
            return self._shown[:count]
        # The one most like the case stands last, next to it.
        return [passage for passage, _ in ranked(self._shown, text, count)][::-1]


def _demonstration(given: Any, number: int) -> Passage:
    fields = ("text", "answer")
    if not isinstance(given, dict) or not all(isinstance(given.get(f), str) for f in fields):
        raise OptionError(f"demonstrations[{number}] needs a text and an answer.")
    return Passage(str(number), given["answer"], given["text"])


STRATEGY = FewShot
