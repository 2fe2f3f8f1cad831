"""A report in sections, with synoptic fields."""

from collections.abc import Mapping
from math import nan
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.records import field_accuracy
from evaluation.scores.text import rouge_l, token_f1

USUAL = (
    *("clinical information", "indication", "history", "technique", "procedure", "comparison"),
    *("gross description", "macroscopy", "microscopy", "findings", "immunohistochemistry"),
    *("molecular findings", "diagnosis", "impression", "conclusion", "comment", "recommendation"),
)
"""The order in which reports of radiology and pathology give their sections."""
MOST_SECTIONS = 60


class ReportStructured:
    """``{"sections": {name: str, …}, "fields": {name: str | number | bool, …}}``.

    Sections are markdown. Either may be left out. Objects have no order of their own: sections
    come in the usual order of reports, others after them by name, fields by name.
    """

    key = "report-structured"
    title = "Report in sections"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=[], optional=["sections", "fields"])
        sections = checks.mapping(record.get("sections") or {}, "sections", most=MOST_SECTIONS)
        fields = checks.mapping(record.get("fields") or {}, "fields")
        checks.once([name.casefold() for name in sections], "sections")
        canonical = {
            "sections": {
                name: checks.prose(sections[name], f"sections.{name}")
                for name in sorted(sections, key=place)
            },
            "fields": {name: checks.scalar(fields[name], f"fields.{name}") for name in fields},
        }
        return checks.readable(canonical)

    def is_empty(self, record: Record) -> bool:
        return not record["sections"] and not record["fields"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Of the sections' text taken together, and of the reference's fields."""
        found, true = (" ".join(r["sections"].values()) for r in (record, reference))
        fields = reference["fields"]
        return {
            "token_f1": token_f1(found, true) if true else nan,
            "rouge_l": rouge_l(found, true).f1 if true else nan,
            "field_accuracy": field_accuracy(record["fields"], fields) if fields else nan,
        }


def place(name: str) -> tuple[int, str]:
    """Where a section of this name comes in a report."""
    folded = name.casefold()
    return (USUAL.index(folded) if folded in USUAL else len(USUAL), folded)


KIND = ReportStructured()
