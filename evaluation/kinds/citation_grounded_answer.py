"""An answer whose statements point to the passages they rest on."""

from collections.abc import Mapping
from math import nan
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.kinds.citations import Passages, citations
from evaluation.scores.overlap import set_overlap
from evaluation.scores.text import rouge_l, token_f1


class CitationGroundedAnswer:
    """``{"text": str, "citations": [{"id", "title"?, "quote"?}, …]}``; the text says ``[id]``."""

    key = "citation-grounded-answer"
    title = "Answer with cited passages"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["text", "citations"])
        text = checks.text(record["text"], "text")
        return {"text": text, "citations": citations(record["citations"])}

    def is_empty(self, record: Record) -> bool:
        return not record["text"].strip()

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """``quotes_found``: the share of quotes that the case's text holds word for word."""
        found, true = record["text"], reference["text"]
        cited, wanted = ({c["id"] for c in r["citations"]} for r in (record, reference))
        return {
            "token_f1": token_f1(found, true),
            "rouge_l": rouge_l(found, true).f1,
            "evidence_f1": set_overlap(cited, wanted).f1,
            "quotes_found": _quotes_found(record, case.text),
        }


def _quotes_found(record: Record, text: str) -> float:
    quotes = [citation["quote"] for citation in record["citations"] if "quote" in citation]
    if not quotes or not text:
        return nan
    passages = Passages(text)
    return sum(passages.find(quote) is not None for quote in quotes) / len(quotes)


KIND = CitationGroundedAnswer()
