"""Entities marked in the case's own text; the methods are in ``workers.baselines``."""

from workers.adapters.base import Adapter, Answer, Ask
from workers.baselines.entities import tag


class EntityTagging(Adapter):
    """``method``: dictionary, pattern or combined."""

    threads = True

    def answer(self, ask: Ask) -> Answer:
        return Answer({"spans": tag(ask.text, method=self.config["method"])})
