"""A patient's record up to a cut-off: events in lanes, and nothing of what came later.

Only events known at the cut-off are stored, so nothing after it can reach a page, the API, a system
or an export. Their times are days before the cut-off; the dates are not stored.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext, override

from arena.core.errors import RowError
from arena.core.figures import written
from arena.studies.drawings import lanes
from arena.studies.formats.base import AssetUrl, Content, FileRule, Found, Made
from arena.studies.formats.structured import Structured
from arena.studies.models import CaseVersion
from arena.studies.new_case import CaseError, SourceFile
from arena.studies.readers.fhir import bundle_events, bundle_patient, is_bundle
from arena.studies.readers.timelines import (
    FIELDS,
    LONGEST,
    RawEvent,
    age_at,
    events_until,
    raw_event,
)
from evaluation.kinds import checks

MOST_EVENTS = 5000
OVERVIEW = "overview"
LINES = (".jsonl", ".ndjson")
PERIODS = (
    (1, gettext_lazy("The last day")),
    (7, gettext_lazy("The last week")),
    (30, gettext_lazy("The last month")),
    (365, gettext_lazy("The last year")),
    (float("inf"), gettext_lazy("Before that")),
)
UNITS = (
    (730, 365.25, gettext_lazy("{n} years before")),
    (60, 30.4375, gettext_lazy("{n} months before")),
    (2, 1, gettext_lazy("{n} days before")),
)
"""From how many days on, how many a unit has, and how many of it are said."""
SEXES = (
    gettext_noop("female"),
    gettext_noop("male"),
    gettext_noop("other"),
    gettext_noop("unknown"),
)


def read(files: Sequence[SourceFile], options: Mapping[str, str]) -> Found:
    if not files:
        return Found({})
    file, cutoff = files[0], options["cutoff"]
    if not cutoff:
        problem = "has no cut-off: give one in the column “cutoff” of a table cases.csv beside it"
        raise RowError(problem, file.name)
    try:
        return Found(_content(file, cutoff))
    except UnicodeDecodeError as error:
        raise RowError("is not UTF-8: save the file as UTF-8", file.name) from error
    except json.JSONDecodeError as error:
        raise RowError(f"is not JSON ({error})", file.name) from error
    except (ValueError, RecursionError, csv.Error) as error:
        raise RowError(str(error)[:200], file.name) from error


def _content(file: SourceFile, cutoff: str) -> Content:
    text = file.data.decode("utf-8-sig")
    if text.lstrip().startswith("{") and not file.name.lower().endswith(LINES):
        bundle = json.loads(text)
        if not is_bundle(bundle):
            raise ValueError("is no FHIR bundle")
        birth, sex = bundle_patient(bundle)
        events = list(bundle_events(bundle))
        return {"patient": _patient(birth, sex, cutoff), "events": events_until(events, cutoff)}
    return {"events": events_until(_rows(text, file.name), cutoff)}


def _patient(birth: str, sex: str, cutoff: str) -> Content:
    age = {"age": age_at(birth, cutoff)} if birth else {}
    return {**age, **({"sex": sex} if sex in SEXES else {})}


def _rows(text: str, name: str) -> Iterator[RawEvent]:
    """One event a row, as CSV or JSON Lines; raises ``RowError`` naming the row."""
    reader = _json_lines if name.lower().endswith(LINES) else _csv_lines
    for number, row in reader(text):
        try:
            yield raw_event({key: value for key, value in row.items() if value not in (None, "")})
        except (ValueError, AttributeError) as error:
            raise RowError(str(error), name, number) from error


def _json_lines(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, json.loads(line)


def _csv_lines(text: str) -> Iterator[tuple[int, Any]]:
    yield from enumerate(csv.DictReader(io.StringIO(text)), start=2)


class EhrTimeline(Structured):
    key: str = "ehr-timeline"
    title: str = "Patient timeline"
    accepts: str = (
        "FHIR bundles (JSON), or CSV and JSON Lines files of events, with a table cases.csv that "
        "names each in a column “file” and gives its “cutoff”; or a table cases.jsonl whose rows "
        "hold “events” and “cutoff”. Nothing after the cut-off is stored, and no date."
    )
    fields: tuple[str, ...] = ("caption", "patient", "events", "cutoff")
    parsed: tuple[str, ...] = ("patient", "events")
    files: FileRule | None = FileRule(read, options=("cutoff",), own_tables=True, needed=False)
    template: str = "studies/formats/ehr-timeline.html"

    def clean(self, content: Content) -> Content:
        patient = content.get("patient") or {}
        checks.fields(patient, "patient", required=[], optional=["age", "sex"])
        clean: Content = {}
        if patient.get("age") is not None:
            clean["age"] = min(90, checks.whole(patient["age"], "patient.age", most=150))
        if patient.get("sex"):
            clean["sex"] = checks.one_of(patient["sex"], "patient.sex", SEXES)
        return {"patient": clean, "events": _events(content)}

    def text(self, content: Content) -> str:
        with override("en"):  # systems are asked in the same words whoever asks for them
            who = _who(content["patient"])
        first = [f"Patient: {who}"] if who else []
        lines = [_told(event) for event in content["events"]]
        return "\n".join([*first, "Day (0 is the cut-off) | kind | event", *lines])

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        """``periods``: events in groups, the latest first, each with its lane's number."""
        events = version.content["events"]
        numbers = lane_numbers(events)
        shown = [
            {
                **event,
                "lane_number": numbers[event["lane"]],
                "said": before(event["days"]),
                "ended": before(event["until"]) if "until" in event else "",
            }
            for event in reversed(events)
        ]
        return {
            "caption": version.content["caption"],
            "patient": _who(version.content["patient"]),
            "lanes": [{"name": name, "number": number} for name, number in numbers.items()],
            "periods": list(_periods(shown)),
            "count": len(events),
            "overview": {
                "url": asset_url(OVERVIEW),
                "width": lanes.WIDTH,
                "height": lanes.height(len(numbers)),
            },
        }

    def made(self, version: CaseVersion, name: str) -> Made | None:
        if name != OVERVIEW:
            return None
        events = version.content["events"]
        marks = [(event["days"], event.get("until"), event["lane"]) for event in events]
        return Made(lanes.overview(marks, list(lane_numbers(events))), "image/svg+xml")


def lane_numbers(events: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Lanes in alphabetical order; beyond the eighth they share the last colour."""
    names = sorted({event["lane"] for event in events})
    return {name: min(number, 8) for number, name in enumerate(names, start=1)}


def before(days: float) -> str:
    """How long before the cut-off, in the unit a person would use."""
    ago = -days
    for least, size, said in UNITS:
        if ago >= least:
            return said.format(n=written(f"{ago / size:.1f}".removesuffix(".0")))
    hours = round(24 * ago)
    told = ngettext("{n} hour before", "{n} hours before", hours)
    return told.format(n=hours) if hours else _("at the cut-off")


def _events(content: Content) -> list[Content]:
    """Canonical ones as they are; with times, those known at the cut-off."""
    events = checks.items(content.get("events") or [], "events", most=20 * MOST_EVENTS)
    if any(isinstance(event, Mapping) and "time" in event for event in events):
        events = _until(events, content.get("cutoff"))
    found = [_checked(event, f"events[{i}]") for i, event in enumerate(events)]
    if not found:
        raise CaseError("events", "hold nothing before the cut-off")
    if len(found) > MOST_EVENTS:
        raise CaseError("events", f"are {len(found):,}; at most {MOST_EVENTS:,} are shown")
    return sorted(found, key=lambda event: (event["days"], event["lane"], event["text"]))


def _until(events: Sequence[Any], cutoff: Any) -> list[Content]:
    if not isinstance(cutoff, str) or not cutoff:
        raise CaseError("cutoff", "is missing: say up to when the record may be known")
    raw = []
    for number, event in enumerate(events):
        field = f"events[{number}]"
        checks.fields(event, field, required=["time", "lane", "text"], optional=FIELDS)
        try:
            raw.append(raw_event(event))
        except ValueError as error:
            raise CaseError(f"events[{number}]", str(error)) from error
    try:
        return events_until(raw, cutoff)
    except ValueError as error:
        raise CaseError("events", str(error)) from error


def _checked(event: Any, field: str) -> Content:
    optional = ["code", "value", "until"]
    checks.fields(event, field, required=["days", "lane", "text"], optional=optional)
    clean: Content = {"days": checks.number(event["days"], f"{field}.days", most=0)}
    for name, longest in LONGEST.items():
        if event.get(name) not in (None, ""):
            clean[name] = checks.text(event[name], f"{field}.{name}", most=longest).strip()
    if event.get("until") is not None:
        ended = checks.number(event["until"], f"{field}.until", most=0)
        clean["until"] = max(ended, clean["days"])
    return clean


def _who(patient: Mapping[str, Any]) -> str:
    """``72 years, female``, as far as it is known."""
    years = patient.get("age", 0)
    told = _("{n} years or older") if years == 90 else ngettext("{n} year", "{n} years", years)
    age = told.format(n=years) if "age" in patient else ""
    sex = _(patient["sex"]) if patient.get("sex") else ""
    return ", ".join(part for part in (age, sex) if part)


def _told(event: Mapping[str, Any]) -> str:
    value = f": {event['value']}" if event.get("value") else ""
    code = f" ({event['code']})" if event.get("code") else ""
    ended = f", until day {event['until']:g}" if "until" in event else ""
    return f"{event['days']:g} | {event['lane']} | {event['text']}{code}{value}{ended}"


def _periods(events: Sequence[Content]) -> Iterator[Content]:
    """The first that holds anything is open."""
    begin, opened = -1.0, False
    for days, name in PERIODS:
        inside = [event for event in events if begin < -event["days"] <= days]
        begin = days
        if inside:
            yield {"name": str(name), "events": inside, "open": not opened}
            opened = True


FORMAT = EhrTimeline()
