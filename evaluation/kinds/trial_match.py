"""Whether a patient meets the criteria of a trial, and which trials fit best."""

from collections.abc import Mapping
from math import nan
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.labels import accuracy
from evaluation.scores.ranking import ndcg

DECISIONS = ("met", "not_met", "not_enough_information", "not_applicable")
"""Of an exclusion criterion, ``met`` says that the patient is excluded by it."""
TYPES = ("inclusion", "exclusion")
MOST_CRITERIA = 500
MOST_TRIALS = 500


class TrialMatch:
    """``{"criteria": [{"id", "decision", "type", "text", "quote"}, …], "rank": [{"id", …}]}``.

    ``rank`` are trials, the best first. Either list may be left out; so may be all of a criterion
    but its ``id`` and ``decision``, and a trial's ``score``.
    """

    key = "trial-match"
    title = "Trial eligibility"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=[], optional=["criteria", "rank"])
        criteria = record.get("criteria") or []
        found = {
            "criteria": checks.each(criteria, "criteria", _criterion, most=MOST_CRITERIA),
            "rank": checks.each(record.get("rank") or [], "rank", _trial, most=MOST_TRIALS),
        }
        for field, entries in found.items():
            checks.once([entry["id"] for entry in entries], field, "id")
        return checks.readable(found)

    def is_empty(self, record: Record) -> bool:
        return not record["criteria"] and not record["rank"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Over the reference's criteria and trials, each trial as fitting as its score (or 1)."""
        decided = {c["id"]: c["decision"] for c in record["criteria"]}
        true = [c["decision"] for c in reference["criteria"]]
        found = [decided.get(c["id"], "") for c in reference["criteria"]]
        gains = {trial["id"]: trial.get("score", 1.0) for trial in reference["rank"]}
        ranked = [trial["id"] for trial in record["rank"]]
        return {
            "criterion_accuracy": accuracy(found, true),
            "ndcg_10": ndcg(ranked, gains, 10) if gains else nan,
        }


def _criterion(item: Any, field: str) -> Record:
    checks.fields(item, field, required=["id", "decision"], optional=["type", "text", "quote"])
    return {
        "id": checks.word(item["id"], f"{field}.id"),
        "decision": checks.one_of(item["decision"], f"{field}.decision", DECISIONS),
        **checks.given(item, field, type=_type, text=checks.prose, quote=checks.prose),
    }


def _type(value: Any, field: str) -> str:
    return checks.one_of(value, field, TYPES)


def _trial(item: Any, field: str) -> Record:
    checks.fields(item, field, required=["id"], optional=["score"])
    name = checks.word(item["id"], f"{field}.id")
    return {"id": name, **checks.given(item, field, score=checks.number)}


KIND = TrialMatch()
