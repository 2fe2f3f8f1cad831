"""A fraction of the text: how much of a case does the system need?"""

from workers.adapters.base import Ask
from workers.strategies.base import Changed, OptionError, text_of, with_text


class Truncation(Changed):
    """``fraction`` of the words to keep, above 0 and below 1; ``keep``: start or end."""

    key = "truncation"
    title = "Truncation"
    help = "Keeps the first or last part of each text."
    known = ("fraction", "keep")

    def load(self) -> None:
        self._fraction = self.number("fraction", 0.5, least=0.01, most=0.99)
        if self.options.get("keep", "start") not in {"start", "end"}:
            raise OptionError("'keep' of truncation must be start or end.")

    def changed(self, ask: Ask) -> Ask:
        text = text_of(ask)
        kept = max(1, round(len(text) * self._fraction))
        if self.options.get("keep", "start") == "start":
            whole, _, _ = text[: kept + 1].rpartition(" ")
            return with_text(ask, whole or text[:kept])
        _, _, whole = text[-kept - 1 :].partition(" ")
        return with_text(ask, whole or text[-kept:])


STRATEGY = Truncation
