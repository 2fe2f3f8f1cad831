"""A dialogue over several turns."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.text import rouge_l, token_f1

ANSWERS = ("assistant", "clinician")
"""The roles a system speaks in."""
ROLES = (*ANSWERS, "user", "patient", "carer", "examiner")
MOST_TURNS = 200
MOST_PARTS = 20


class ChatMultiTurn:
    """``{"turns": [{"role": str, "text": str, "parts": [{"title", "text"}, …]}, …]}``.

    Texts are markdown. ``parts`` are what was handed over with the words, such as a letter or a
    table of results; they may be left out.
    """

    key = "chat-multi-turn"
    title = "Dialogue"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["turns"])
        turns = checks.each(record["turns"], "turns", _turn, most=MOST_TURNS)
        return checks.readable({"turns": turns})

    def is_empty(self, record: Record) -> bool:
        return not _answers(record)

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Of all that was said in answer, taken together."""
        found, true = _answers(record), _answers(reference)
        return {"token_f1": token_f1(found, true), "rouge_l": rouge_l(found, true).f1}


def _answers(record: Record) -> str:
    return "\n".join(turn["text"] for turn in record["turns"] if turn["role"] in ANSWERS)


def _turn(item: Any, field: str) -> Record:
    checks.fields(item, field, required=["role", "text"], optional=["parts"])
    turn = {
        "role": checks.one_of(item["role"], f"{field}.role", ROLES),
        "text": checks.prose(item["text"], f"{field}.text"),
    }
    parts = checks.each(item.get("parts") or [], f"{field}.parts", _part, most=MOST_PARTS)
    return {**turn, "parts": parts} if parts else turn


def _part(item: Any, field: str) -> Record:
    checks.fields(item, field, required=["title", "text"])
    return {
        "title": checks.word(item["title"], f"{field}.title", most=200),
        "text": checks.prose(item["text"], f"{field}.text"),
    }


KIND = ChatMultiTurn()
