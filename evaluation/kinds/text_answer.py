"""An answer in prose, with or without the reasoning steps that led to it."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.text import rouge_l, token_f1

MOST_STEPS = 200


class TextAnswer:
    """``{"text": str, "steps": [str, …]}``, both markdown; ``steps`` may be left out."""

    key = "text-answer"
    title = "Answer in text"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["text"], optional=["steps"])
        canonical: Record = {"text": checks.text(record["text"], "text")}
        steps = checks.items(record.get("steps") or [], "steps", most=MOST_STEPS)
        if steps:
            canonical["steps"] = [checks.text(s, f"steps[{i}]") for i, s in enumerate(steps)]
        return canonical

    def is_empty(self, record: Record) -> bool:
        return not record["text"].strip()

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        found, true = record["text"], reference["text"]
        return {"token_f1": token_f1(found, true), "rouge_l": rouge_l(found, true).f1}


KIND = TextAnswer()
