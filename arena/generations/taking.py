"""Which systems of a study cannot take its cases, told before anything is asked of them."""

from dataclasses import dataclass

from django.db.models import QuerySet

from arena.generations.adapter_info import Sense
from arena.generations.adapters import sense_for
from arena.generations.models import StudySystem
from arena.generations.sight import is_taken, why_untaken
from arena.studies.formats import format_for, in_words
from arena.studies.formats.base import never
from arena.studies.models import CaseVersion, Study
from arena.studies.selectors import case_versions_current, protocol_current

PIECE = 500


@dataclass(frozen=True)
class Untaken:
    """A system, and the cases it will fail on because it is never sent them."""

    study_system: StudySystem
    cases: int
    of: int
    """All cases of the study; 0 while there are none."""
    why: str

    def __str__(self) -> str:
        share = f"{self.cases} of {self.of} cases" if self.of else "any of the cases to come"
        return f"“{self.study_system.label}” cannot be asked about {share}. {self.why}"


def systems_untaking(*, study: Study) -> list[Untaken]:
    """By label. Cases are looked at one by one only where some of a kind can be told in words."""
    if not study.protocols.exists():
        return []
    kind = protocol_current(study=study).input_kind
    if in_words(kind):
        return []
    active = study.study_systems.filter(withdrawn_at=None).order_by("label")
    held = list(active.select_related("version__parent__parent"))
    asked = {row.pk: row.version.asked for row in held}
    senses = {pk: sense_for(version.adapter, version.config) for pk, version in asked.items()}
    cases = case_versions_current(study=study)
    of = cases.count() if set(senses.values()) - {Sense.FILES} else 0
    counts = {sense: _untaken(cases, kind, sense, of) for sense in set(senses.values())}
    return [
        Untaken(row, found, of, why_untaken(kind, senses[row.pk]))
        for row in held
        if (found := counts[senses[row.pk]]) is not None
    ]


def _untaken(cases: QuerySet[CaseVersion], kind: str, sense: Sense, of: int) -> int | None:
    """How many are not taken; ``None`` where all are."""
    senses = format_for(kind).senses
    if sense is Sense.FILES or (sense is Sense.PICTURES and senses.stills):
        return None
    if senses.told is never:
        return of
    looked = cases.prefetch_related("assets").iterator(PIECE)
    return sum(not is_taken(version, sense) for version in looked) or None
