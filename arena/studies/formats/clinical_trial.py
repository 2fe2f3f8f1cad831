"""A registry record of a clinical trial: sections of numbered lines."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from arena.core.errors import RowError
from arena.studies.formats.base import AssetUrl, Content, FileRule, Found
from arena.studies.formats.sections import lined_sections, numbered
from arena.studies.formats.structured import Structured
from arena.studies.models import CaseVersion
from arena.studies.new_case import CaseError, SourceFile
from evaluation.kinds import checks

OUTCOME = ("measure", "timeFrame", "description")
LINES = ("trial_title", "registry_id", "phase", "status")


def read(files: Sequence[SourceFile], options: Mapping[str, str]) -> Found:
    """A record of the ClinicalTrials.gov API, version 2."""
    if not files:
        return Found({})
    try:
        found = json.loads(files[0].data)
        return Found(_registry(found["protocolSection"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        problem = "is no record of ClinicalTrials.gov (API 2) in JSON"
        raise RowError(problem, files[0].name) from error


class ClinicalTrial(Structured):
    key: str = "clinical-trial"
    title: str = "Clinical trial record"
    accepts: str = (
        "Records of ClinicalTrials.gov (API 2) as JSON, one by one or as a zip; or a JSON Lines "
        "file with the columns “key”, “trial_title” and “sections”, a list of objects with heading "
        "and lines."
    )
    fields: tuple[str, ...] = ("caption", *LINES, "conditions", "sections")
    parsed: tuple[str, ...] = ("conditions", "sections")
    files: FileRule | None = FileRule(read, needed=False)
    template: str = "studies/formats/clinical-trial.html"

    def clean(self, content: Content) -> Content:
        clean: Content = {}
        for name in LINES:
            if content.get(name):
                clean[name] = checks.word(content[name], name, most=500)
        if "trial_title" not in clean:
            raise CaseError("trial_title", "is missing")
        conditions = checks.items(content.get("conditions") or [], "conditions", most=100)
        clean["conditions"] = [
            checks.word(name, f"conditions[{i}]", most=200) for i, name in enumerate(conditions)
        ]
        clean["sections"] = lined_sections(content.get("sections") or [])
        if not clean["sections"]:
            raise CaseError("sections", "hold nothing")
        return clean

    def text(self, content: Content) -> str:
        head = [content[name] for name in LINES if name in content]
        if content["conditions"]:
            head.append(f"Conditions: {', '.join(content['conditions'])}")
        parts = ["\n".join(head)]
        for section in numbered(content["sections"]):
            lines = [f"{line['number']}. {line['text']}" for line in section["lines"]]
            parts.append("\n".join([section["heading"], *lines]))
        return "\n\n".join(parts)

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        return {**version.content, "sections": numbered(version.content["sections"])}


def _registry(record: Mapping[str, Any]) -> Content:
    """The parts of a registry record that say what the trial is; people and sites stay behind."""
    ids, design = record["identificationModule"], record.get("designModule", {})
    found: Content = {
        "trial_title": ids.get("officialTitle") or ids["briefTitle"],
        "registry_id": ids.get("nctId", ""),
        "phase": ", ".join(design.get("phases", [])),
        "conditions": record.get("conditionsModule", {}).get("conditions", []),
    }
    sections = [{"heading": name, "lines": lines} for name, lines in _sections(record) if lines]
    return {**{key: value for key, value in found.items() if value}, "sections": sections}


def _sections(record: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    described = record.get("descriptionModule", {})
    yield "Summary", _split(described.get("briefSummary", ""))
    yield "Description", _split(described.get("detailedDescription", ""))
    eligible = record.get("eligibilityModule", {})
    yield "Eligibility", [*_split(eligible.get("eligibilityCriteria", "")), *_bounds(eligible)]
    arms = record.get("armsInterventionsModule", {})
    yield "Arms", _all(arms, "armGroups", "label", "type", "description")
    yield "Interventions", _all(arms, "interventions", "type", "name", "description")
    outcomes = record.get("outcomesModule", {})
    yield "Primary outcomes", _all(outcomes, "primaryOutcomes", *OUTCOME)
    yield "Secondary outcomes", _all(outcomes, "secondaryOutcomes", *OUTCOME)


def _bounds(eligible: Mapping[str, Any]) -> list[str]:
    named = {"minimumAge": "Minimum age", "maximumAge": "Maximum age", "sex": "Sex"}
    return [f"{name}: {eligible[key]}" for key, name in named.items() if eligible.get(key)]


def _split(text: str) -> list[str]:
    return [line.strip(" *\t") for line in text.split("\n") if line.strip(" *\t")]


def _all(part: Mapping[str, Any], key: str, *names: str) -> list[str]:
    """A line for each entry, of those fields that it has."""
    found = []
    for item in part.get(key, []):
        said = [" ".join(str(item[name]).split()) for name in names if item.get(name)]
        found.append(" · ".join(said))
    return [line for line in found if line]


FORMAT = ClinicalTrial()
