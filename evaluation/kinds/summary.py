"""A summary of the case's text."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.text import rouge_l, token_f1


class Summary:
    """``{"text": str}``, markdown."""

    key = "summary"
    title = "Summary"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["text"])
        return {"text": checks.text(record["text"], "text")}

    def is_empty(self, record: Record) -> bool:
        return not record["text"].strip()

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        found, true = record["text"], reference["text"]
        return {"token_f1": token_f1(found, true), "rouge_l": rouge_l(found, true).f1}


KIND = Summary()
