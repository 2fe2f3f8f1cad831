"""Summaries made of the case's own sentences; the methods are in ``workers.baselines``."""

from typing import ClassVar

from workers.adapters.base import Adapter, Answer, Ask
from workers.baselines.summaries import summarise


class ExtractiveSummary(Adapter):
    """``method``: lead, textrank, sections or tfidf; ``sentences``: how many to keep."""

    threads = True
    packages: ClassVar = ("numpy",)

    def answer(self, ask: Ask) -> Answer:
        count = int(self.config.get("sentences", 5))
        return Answer({"text": summarise(ask.text, method=self.config["method"], sentences=count)})
