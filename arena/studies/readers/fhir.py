"""FHIR R4 bundles as events: only the named fields of the named resources are read.

Names, identifiers, addresses, practitioners, organisations and money stay behind, and so does all
that tells how things went on: whether a problem is over, a drug was stopped, the patient died.
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from arena.studies.readers.timelines import RawEvent, number_text

Resource = Mapping[str, Any]
NOT_MEANT = {"entered-in-error", "refuted", "not-done", "cancelled"}
LONGEST_REPORT = 2000


def is_bundle(found: Any) -> bool:
    return isinstance(found, Mapping) and found.get("resourceType") == "Bundle"


def bundle_patient(bundle: Resource) -> tuple[str, str]:
    """Birth date and sex, as far as they are said; raises ``ValueError`` for several patients."""
    patients = [one for one in _resources(bundle) if one["resourceType"] == "Patient"]
    if len(patients) > 1:
        raise ValueError(f"holds {len(patients)} patients: give one bundle for each")
    first: Resource = patients[0] if patients else {}
    return str(first.get("birthDate", "")), str(first.get("gender", ""))


def bundle_events(bundle: Resource) -> Iterator[RawEvent]:
    for resource in _resources(bundle):
        read = READERS.get(resource["resourceType"])
        if read is None or _codes(resource) & NOT_MEANT:
            continue
        yield from (event for event in read(resource) if event.time and event.text)


def _resources(bundle: Resource) -> Iterator[Resource]:
    for entry in bundle.get("entry") or []:
        resource = entry.get("resource") if isinstance(entry, Mapping) else None
        if isinstance(resource, Mapping) and isinstance(resource.get("resourceType"), str):
            yield resource


def _codes(resource: Resource) -> set[str]:
    """Its status, and how sure it is, in FHIR's codes."""
    verified = _list(_map(resource.get("verificationStatus")).get("coding"))
    return {str(resource.get("status", "")), *(str(_map(c).get("code", "")) for c in verified)}


def _encounter(one: Resource) -> Iterator[RawEvent]:
    """Why it took place is often coded at its end, so that is known only then."""
    period = _map(one.get("period"))
    text, code = _concept(_first(one.get("type")))
    begin, end = str(period.get("start", "")), str(period.get("end", ""))
    yield RawEvent(begin, "Encounter", text or "Encounter", code, until=end)
    reason, reason_code = _concept(_first(one.get("reasonCode")))
    if reason and end:
        yield RawEvent(end, "Encounter", f"Reason of the encounter: {reason}", reason_code)


def _condition(one: Resource) -> Iterator[RawEvent]:
    text, code = _concept(one.get("code"))
    onset, recorded = str(one.get("onsetDateTime", "")), str(one.get("recordedDate", ""))
    end = str(one.get("abatementDateTime", ""))
    yield RawEvent(onset or recorded, "Condition", text, code, until=end, known=_some(recorded))


def _observation(one: Resource) -> Iterator[RawEvent]:
    text, code = _concept(one.get("code"))
    parts = [f"{_concept(part.get('code'))[0]} {_value(part)}" for part in _maps(one, "component")]
    value = _value(one) or "; ".join(parts)
    lane = _concept(_first(one.get("category")))[0].replace("-", " ").capitalize() or "Observation"
    when = str(one.get("effectiveDateTime") or _map(one.get("effectivePeriod")).get("start") or "")
    yield RawEvent(when, lane, text, code, value, known=_some(one.get("issued")))


def _procedure(one: Resource) -> Iterator[RawEvent]:
    text, code = _concept(one.get("code"))
    period = _map(one.get("performedPeriod"))
    begin = str(one.get("performedDateTime") or period.get("start") or "")
    yield RawEvent(begin, "Procedure", text, code, until=str(period.get("end", "")))


def _medication(one: Resource) -> Iterator[RawEvent]:
    text, code = _concept(one.get("medicationCodeableConcept"))
    dosage = str(_map(_first(one.get("dosageInstruction"))).get("text", ""))
    yield RawEvent(str(one.get("authoredOn", "")), "Medication", text, code, dosage)


def _immunization(one: Resource) -> Iterator[RawEvent]:
    text, code = _concept(one.get("vaccineCode"))
    yield RawEvent(str(one.get("occurrenceDateTime", "")), "Immunization", text, code)


def _allergy(one: Resource) -> Iterator[RawEvent]:
    text, code = _concept(one.get("code"))
    recorded, onset = str(one.get("recordedDate", "")), str(one.get("onsetDateTime", ""))
    yield RawEvent(onset or recorded, "Allergy", text, code, known=_some(recorded))


def _report(one: Resource) -> Iterator[RawEvent]:
    """A report is known when it was issued; its text is read where it is plain."""
    text, code = _concept(one.get("code"))
    said = str(one.get("conclusion", "")) or _plain(one)
    known = _some(one.get("issued"))
    yield RawEvent(str(one.get("effectiveDateTime", "")), "Report", text, code, said, known=known)


def _imaging(one: Resource) -> Iterator[RawEvent]:
    series = [_map(s.get("modality")).get("display", "") for s in _maps(one, "series")]
    text = str(one.get("description") or ", ".join(filter(None, map(str, series))) or "Imaging")
    yield RawEvent(str(one.get("started", "")), "Imaging", text)


READERS: dict[str, Callable[[Resource], Iterator[RawEvent]]] = {
    "Encounter": _encounter,
    "Condition": _condition,
    "Observation": _observation,
    "Procedure": _procedure,
    "MedicationRequest": _medication,
    "MedicationAdministration": _medication,
    "Immunization": _immunization,
    "AllergyIntolerance": _allergy,
    "DiagnosticReport": _report,
    "ImagingStudy": _imaging,
}


def _plain(report: Resource) -> str:
    for form in _maps(report, "presentedForm"):
        if str(form.get("contentType", "")).startswith("text/plain"):
            try:
                data = base64.b64decode(str(form.get("data", "")), validate=True)
            except (binascii.Error, ValueError):
                return ""
            return data.decode(errors="replace")[:LONGEST_REPORT]
    return ""


def _concept(concept: Any) -> tuple[str, str]:
    """Text and code of a codeable concept."""
    found = _map(concept)
    coding = _map(_first(found.get("coding")))
    text = found.get("text") or coding.get("display") or coding.get("code") or ""
    return str(text).strip(), str(coding.get("code", "")).strip()


def _value(one: Resource) -> str:
    quantity = _map(one.get("valueQuantity"))
    number = quantity.get("value")
    if isinstance(number, int | float) and not isinstance(number, bool):
        return f"{number_text(number)} {quantity.get('unit', '')}".strip()
    return _concept(one.get("valueCodeableConcept"))[0] or str(one.get("valueString", ""))


def _maps(one: Resource, name: str) -> list[Resource]:
    return [item for item in _list(one.get(name)) if isinstance(item, Mapping)]


def _some(value: Any) -> tuple[str, ...]:
    return (str(value),) if value else ()


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _map(value: Any) -> Resource:
    return value if isinstance(value, Mapping) else {}
