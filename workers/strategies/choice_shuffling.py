"""Options in several orders, answers put to the vote (Nori et al. 2023, arXiv 2311.16452)."""

import random
import re
from collections import Counter

from workers.adapters.base import AdapterError, Ask
from workers.strategies.base import Call, OptionError, Plan, Strategy, reseeded, text_of, with_text

OPTION = re.compile(r"^([A-Z])([.):])[ \t]+(.+)$", re.MULTILINE)


class ChoiceShuffling(Strategy):
    """``samples``: in how many orders the options are shown; the first is the given one.

    Options stand in the case's text on lines of their own, as in "A. Pneumonia". The record's
    probabilities are the shares of the votes.
    """

    key = "choice-shuffling"
    title = "Choice shuffling"
    help = "Shows the options of a multiple-choice case in several orders and takes the majority."
    known = ("samples",)

    def plan(self, ask: Ask) -> Plan:
        if ask.output_kind != "multiple-choice":
            raise OptionError("Choice shuffling answers multiple-choice cases only.")
        text, orders = text_of(ask), self._orders(ask)
        calls = [
            Call(f"order {''.join(order)}", reseeded(with_text(ask, reordered(text, order)), n))
            for n, order in enumerate(orders)
        ]
        answers = yield calls
        votes = [
            chosen_before(str(answer.record.get("choice", "")), order)
            for answer, order in zip(answers, orders, strict=True)
        ]
        return _majority(votes, sorted(orders[0]))

    def _orders(self, ask: Ask) -> list[list[str]]:
        letters = [found[1] for found in OPTION.finditer(text_of(ask))]
        if len(letters) < 2 or letters != sorted(set(letters)):
            problem = "The case's text lists no options on lines of their own, as in “A. Sepsis”."
            raise AdapterError(problem, failure="rejected_by_policy")
        chance = random.Random(ask.seed)  # noqa: S311  (which order, not a secret)
        others = self.count("samples", 5) - 1
        return [letters, *(chance.sample(letters, len(letters)) for _ in range(others))]


def reordered(text: str, order: list[str]) -> str:
    """The options in another order under the letters they had: ``order[0]`` comes first."""
    held = {found[1]: found[3] for found in OPTION.finditer(text)}
    places = iter(order)
    return OPTION.sub(lambda found: f"{found[1]}{found[2]} {held[next(places)]}", text)


def chosen_before(letter: str, order: list[str]) -> str:
    """The option that stood under ``letter``, by the letter it has in the case."""
    letters = sorted(order)
    if letter.upper() not in letters:
        raise AdapterError(f"{letter!r} is not an option.", failure="invalid_output")
    return order[letters.index(letter.upper())]


def _majority(votes: list[str], letters: list[str]) -> dict[str, object]:
    counts = Counter(votes)
    best = max(letters, key=lambda letter: counts[letter])
    return {"choice": best, "probs": {each: counts[each] / len(votes) for each in letters}}


STRATEGY = ChoiceShuffling
