"""A set of codes of a terminology: ICD, HPO, SNOMED CT, ATC."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.overlap import jaccard, set_overlap

MOST_CODES = 1000


class ConceptCodes:
    """``{"codes": [{"code": str, "system": str, "term": str, "evidence": str}, …]}``.

    All but ``code`` may be left out; a bare string is taken for a code. ``evidence`` are the
    words of the case that the code rests on. In order of system and code.
    """

    key = "concept-codes"
    title = "Codes"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["codes"])
        codes = checks.each(record["codes"], "codes", _code, most=MOST_CODES)
        checks.once([identity(code) for code in codes], "codes")
        return {"codes": sorted(codes, key=identity)}

    def is_empty(self, record: Record) -> bool:
        return not record["codes"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Over codes with their systems, a system counting where both give it."""
        both = all("system" in code for r in (record, reference) for code in r["codes"])
        found, true = (
            {identity(code) if both else identity(code)[1] for code in r["codes"]}
            for r in (record, reference)
        )
        overlap = set_overlap(found, true)
        return {
            "precision": overlap.precision,
            "recall": overlap.recall,
            "f1": overlap.f1,
            "jaccard": jaccard(found, true),
        }


def identity(code: Record) -> tuple[str, str]:
    return code.get("system", ""), code["code"]


def _code(item: Any, field: str) -> Record:
    if isinstance(item, str):
        return {"code": checks.word(item, field)}
    checks.fields(item, field, required=["code"], optional=["system", "term", "evidence"])
    known = checks.given(item, field, system=checks.word, term=_term, evidence=_evidence)
    return {"code": checks.word(item["code"], f"{field}.code"), **known}


def _term(value: Any, field: str) -> str:
    return checks.word(value, field, most=300)


def _evidence(value: Any, field: str) -> str:
    return checks.prose(value, field, most=2000)


KIND = ConceptCodes()
