"""Coded findings: what the patient has, what was looked for and not found, what is not known."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from arena.studies.formats.base import AssetUrl, Content
from arena.studies.formats.structured import Structured
from arena.studies.models import CaseVersion
from arena.studies.new_case import CaseError
from evaluation.kinds import checks

MOST_FINDINGS = 500
STATES = {
    "present": gettext_noop("Present"),
    "absent": gettext_noop("Absent"),
    "unknown": gettext_noop("Not known"),
}
FIELDS = ("code", "system", "state", "value", "since")


class StructuredFindings(Structured):
    key: str = "structured-findings"
    title: str = "Structured findings"
    accepts: str = (
        "A JSON Lines or CSV file with the columns “key” and “findings”: a list of labels, or of "
        "objects with label and, if known, code, system, state (present, absent, unknown), value "
        "and since."
    )
    fields: tuple[str, ...] = ("caption", "findings")
    required: tuple[str, ...] = ("findings",)
    parsed: tuple[str, ...] = ("findings",)
    template: str = "studies/formats/structured-findings.html"

    def clean(self, content: Content) -> Content:
        found = checks.items(content.get("findings"), "findings", most=MOST_FINDINGS)
        if not found:
            raise CaseError("findings", "are empty")
        return {"findings": [_finding(item, f"findings[{i}]") for i, item in enumerate(found)]}

    def text(self, content: Content) -> str:
        groups = _groups(content["findings"])
        return "\n".join(
            f"{group['name']}: {'; '.join(_told(item) for item in group['findings'])}"
            for group in groups
        )

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        caption, groups = version.content["caption"], _groups(version.content["findings"])
        shown = [{**group, "name": _(group["name"])} for group in groups]
        return {"caption": caption, "groups": shown}


def _finding(item: Any, field: str) -> Content:
    if isinstance(item, str):
        return {"label": checks.word(item, field, most=200), "state": "present"}
    checks.fields(item, field, required=["label"], optional=FIELDS)
    clean: Content = {"label": checks.word(item["label"], f"{field}.label", most=200)}
    clean["state"] = checks.one_of(item.get("state") or "present", f"{field}.state", STATES)
    for name in ("code", "system", "value", "since"):
        if item.get(name) not in (None, ""):
            clean[name] = checks.word(str(item[name]), f"{field}.{name}", most=200)
    return clean


def _groups(findings: list[Content]) -> list[Content]:
    found = []
    for state, name in STATES.items():
        items = [item for item in findings if item["state"] == state]
        if items:
            found.append({"state": state, "name": name, "findings": items})
    return found


def _told(item: Mapping[str, Any]) -> str:
    coded = " ".join(item[name] for name in ("system", "code") if name in item)
    more = [coded, *(item[name] for name in ("value", "since") if name in item)]
    said = ", ".join(part for part in more if part)
    return f"{item['label']} ({said})" if said else str(item["label"])


FORMAT = StructuredFindings()
