"""A program: its files, and what it scored on held-out data where somebody ran it."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError
from evaluation.scores.overlap import jaccard
from evaluation.scores.text import code_f1

MOST_FILES = 100


class CodeArtifact:
    """``{"files": [{"name": str, "text": str}, …], "results": {measure: number, …}}``, by name.

    Nothing is run here: ``results`` are what was measured elsewhere, and may be left out.
    """

    key = "code-artifact"
    title = "Program"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["files"], optional=["results"])
        files = checks.each(record["files"], "files", _file, most=MOST_FILES)
        checks.once([file["name"] for file in files], "files", "name")
        known = checks.given(record, "", results=_results)
        return checks.readable({"files": sorted(files, key=lambda file: file["name"]), **known})

    def is_empty(self, record: Record) -> bool:
        return not any(file["text"].strip() for file in record["files"])

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """How much the files are alike; that says little of what they do."""
        names = ([file["name"] for file in r["files"]] for r in (record, reference))
        texts = ("\n".join(file["text"] for file in r["files"]) for r in (record, reference))
        return {"same_files": jaccard(*names), "code_f1": code_f1(*texts)}


def _file(item: Any, field: str) -> Record:
    checks.fields(item, field, required=["name", "text"])
    name = checks.word(item["name"], f"{field}.name", most=200)
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise RecordError(f"{field}.name", "must be a path inside the program, with slashes")
    return {"name": name, "text": checks.text(item["text"], f"{field}.text")}


def _results(value: Any, field: str) -> dict[str, float]:
    given = checks.mapping(value, field)
    return {name: checks.number(given[name], f"{field}.{name}") for name in given}


KIND = CodeArtifact()
