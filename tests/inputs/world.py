"""A study whose cases came in through the importer, ready to be voted on."""

from pathlib import Path
from typing import Any

from django.utils import timezone

from arena.accounts.models import User
from arena.studies.models import CaseVersion, Study
from arena.studies.selectors import protocol_current
from arena.studies.services import cases_import, protocol_create, study_create
from tests.arena.voting.world import NAMES, World, generation, rater, system

CRITERIA = [{"key": "overall", "label": "Overall"}]
TEXTS = ({"text": "Most likely benign. Repeat in **6 months**."}, {"text": "Refer today."})


def study_reading(input_kind: str, output_kind: str = "text-answer", slug: str = "") -> Study:
    slug = slug or f"reads-{input_kind}"
    by = User.objects.create_user(f"coordinator@{slug}.example", "secret")
    study = study_create(by=by, slug=slug, title=f"Study of {input_kind}")
    protocol_create(
        study=study,
        by=by,
        input_kind=input_kind,
        output_kind=output_kind,
        question="Which would you rather act on?",
        criteria=CRITERIA,
    )
    return study


def load(study: Study, path: Path, **options: Any) -> int:
    return cases_import(study=study, by=study.created_by, path=path, **options)


def written(folder: Path, files: dict[str, bytes]) -> Path:
    """The files below ``folder``, which is what an importer is given."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def world_of(
    input_kind: str,
    path: Path,
    *,
    output_kind: str = "text-answer",
    records: tuple[dict[str, Any], ...] = TEXTS,
) -> World:
    """Cases from ``path``, each answered by a system for every record."""
    study = study_reading(input_kind, output_kind)
    load(study, path, accept_phi_findings=True)
    Study.objects.filter(pk=study.pk).update(status="open", opened_at=timezone.now())
    study.refresh_from_db()
    cases = list(CaseVersion.objects.filter(case__study=study).order_by("pk"))
    systems = [system(study, study.created_by, name) for name in NAMES[: len(records)]]
    for competitor, record in zip(systems, records, strict=True):
        for version in cases:
            generation(competitor, version, record)
    people = [rater(study, f"rater@{input_kind}.example")]
    return World(study, protocol_current(study=study), people, cases, systems)
