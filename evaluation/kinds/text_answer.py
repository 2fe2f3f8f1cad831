"""An answer in prose, with or without the reasoning steps that led to it and its sources."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.kinds.citations import citations
from evaluation.scores.text import rouge_l, token_f1

MOST_STEPS = 200


class TextAnswer:
    """``{"text": str, "steps": [str, …], "citations": [{"id", "title"?, "quote"?}, …]}``.

    Text and steps are markdown; ``steps`` and ``citations`` may be left out.
    """

    key = "text-answer"
    title = "Answer in text"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["text"], optional=["steps", "citations"])
        canonical: Record = {"text": checks.text(record["text"], "text")}
        steps = checks.each(record.get("steps") or [], "steps", checks.text, most=MOST_STEPS)
        sources = citations(record.get("citations") or [])
        if steps:
            canonical["steps"] = steps
        if sources:
            canonical["citations"] = sources
        return canonical

    def is_empty(self, record: Record) -> bool:
        return not record["text"].strip()

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        found, true = record["text"], reference["text"]
        return {"token_f1": token_f1(found, true), "rouge_l": rouge_l(found, true).f1}


KIND = TextAnswer()
