"""A version of the case's text in plain language."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError
from evaluation.scores.readability import flesch_kincaid_grade
from evaluation.scores.text import rouge_l, sari

MOST_PAIRS = 500


class Simplification:
    """``{"text": str, "alignment": [{"source": str, "plain": str}, …]}``; text is markdown.

    ``alignment`` says which words of the case (``source``) became which of the text (``plain``);
    it may be left out.
    """

    key = "simplification"
    title = "Plain-language version"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["text"], optional=["alignment"])
        canonical: Record = {"text": checks.text(record["text"], "text")}
        pairs = checks.each(record.get("alignment") or [], "alignment", _pair, most=MOST_PAIRS)
        checks.once([pair["source"] for pair in pairs], "alignment", "source")
        for i, pair in enumerate(pairs):
            if case.text and pair["source"] not in case.text:
                raise RecordError(f"alignment[{i}].source", "does not stand in the case's text")
            if pair["plain"] not in canonical["text"]:
                raise RecordError(f"alignment[{i}].plain", "does not stand in the text")
        if pairs:
            canonical["alignment"] = sorted(pairs, key=lambda pair: _order(pair, case.text))
        return canonical

    def is_empty(self, record: Record) -> bool:
        return not record["text"].strip()

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """SARI and ROUGE-L; and the US school grade of the text, which needs no reference."""
        found, true = record["text"], reference["text"]
        return {
            "sari": sari(case.text, found, [true]),
            "rouge_l": rouge_l(found, true).f1,
            "grade": flesch_kincaid_grade(found),
        }


def _pair(item: Any, field: str) -> Record:
    names = ["source", "plain"]
    checks.fields(item, field, required=names)
    return {name: checks.prose(item[name], f"{field}.{name}", most=2000) for name in names}


def _order(pair: Record, text: str) -> tuple[int, str]:
    return text.find(pair["source"]), pair["source"]


KIND = Simplification()
