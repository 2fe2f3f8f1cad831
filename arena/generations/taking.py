"""Which systems of a study cannot take its cases, told before anything is asked of them."""

from dataclasses import dataclass

from arena.generations.adapter_info import Sense
from arena.generations.adapters import sense_for
from arena.generations.models import StudySystem
from arena.generations.sight import is_taken, why_untaken
from arena.studies.formats import format_for, in_words
from arena.studies.formats.base import never
from arena.studies.models import Study
from arena.studies.selectors import case_versions_current, protocol_current

MOST_LOOKED = 500
"""Cases that are read for the page: those of a study are mostly alike."""


@dataclass(frozen=True)
class Untaken:
    """A system, and the cases it will fail on because it is never sent them."""

    study_system: StudySystem
    cases: int
    of: int
    """Of so many that were looked at; 0 while the study has none."""
    why: str

    def __str__(self) -> str:
        share = f"{self.cases} of {self.of} cases" if self.of else "any of the cases to come"
        return f"“{self.study_system.label}” cannot be asked about {share}. {self.why}"


def systems_untaking(*, study: Study) -> list[Untaken]:
    """By label. Cases are read, a bounded number, only where some of a kind are told in words."""
    if not study.protocols.exists():
        return []
    kind = protocol_current(study=study).input_kind
    if in_words(kind):
        return []
    active = study.study_systems.filter(withdrawn_at=None).order_by("label")
    held = list(active.select_related("version__parent__parent"))
    asked = {row.pk: row.version.asked for row in held}
    senses = {pk: sense_for(version.adapter, version.config) for pk, version in asked.items()}
    counts = {sense: _untaken(study, kind, sense) for sense in set(senses.values())}
    return [
        Untaken(row, *found, why_untaken(kind, senses[row.pk]))
        for row in held
        if (found := counts[senses[row.pk]])
    ]


def _untaken(study: Study, kind: str, sense: Sense) -> tuple[int, int] | None:
    """How many cases are not taken of how many; ``None`` where all are."""
    senses = format_for(kind).senses
    if sense is Sense.FILES or (sense is Sense.PICTURES and senses.stills):
        return None
    cases = case_versions_current(study=study)
    if senses.told is never:
        count = cases.count()
        return count, count
    looked = list(cases.prefetch_related("assets")[:MOST_LOOKED])
    found = sum(not is_taken(version, sense) for version in looked)
    return (found, len(looked)) if found else None
