"""Answers by rule: for tests, drills and trying out the arena itself."""

from time import sleep
from typing import Any

from workers.adapters.base import Adapter, AdapterError, Answer, Ask, Record


class Mock(Adapter):
    """``record`` or ``records`` by case; ``fail`` true or a list of cases; ``seconds`` to take."""

    threads = True
    batch = 8

    def answer(self, ask: Ask) -> Answer:
        sleep(self.config.get("seconds", 0))
        if self._fails(ask):
            raise AdapterError(
                "told to fail",
                failure=self.config.get("failure", "crashed"),
                retryable=self.config.get("retryable", False),
            )
        by_case: dict[str, Record] = self.config.get("records") or {}
        return Answer(by_case.get(ask.case_id) or self.config.get("record") or plain(ask))

    def _fails(self, ask: Ask) -> bool:
        told: Any = self.config.get("fail", False)
        return ask.case_id in told if isinstance(told, list) else bool(told)


def plain(ask: Ask) -> Record:
    """A small valid record of the asked kind that differs by seed."""
    if ask.output_kind == "spans":
        words = ask.text.split()
        return {"spans": [{"start": 0, "end": len(words[0]), "type": "problem"}] if words else []}
    if ask.output_kind == "mask":
        width, height = (int(ask.images[0].meta[side]) for side in ("width", "height"))
        return {
            "width": width,
            "height": height,
            "objects": [{"label": "region", "counts": [0, width, width * (height - 1)]}],
        }
    return {"text": f"Answer {ask.seed % 1000} to: {ask.question}"}
