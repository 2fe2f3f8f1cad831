"""A small study for the tests of generations: one protocol, some notes, mock systems."""

import hashlib
from typing import Any

from arena.accounts.models import User
from arena.generations.models import Generation, StudySystem
from arena.generations.services import study_system_add, system_register
from arena.studies.models import Case, CaseVersion, Protocol, Study


def coordinator(email: str = "coordinator@example.org") -> User:
    return User.objects.filter(email=email).first() or User.objects.create_user(email)


def study(slug: str = "notes", *, input_kind: str = "text", output_kind: str = "summary") -> Study:
    made = Study.objects.create(slug=slug, title=f"Study {slug}", created_by=coordinator())
    Protocol.objects.create(
        study=made,
        version=1,
        input_kind=input_kind,
        output_kind=output_kind,
        question="Which is better?",
    )
    return made


def cases(study: Study, count: int) -> list[CaseVersion]:
    made = []
    for number in range(count):
        text = f"Note {number} of {study.slug}: fever since {number} days."
        case = Case.objects.create(study=study, key=f"case-{number}", position=number)
        digest = hashlib.sha256(text.encode()).hexdigest()
        made.append(
            CaseVersion.objects.create(
                case=case, input_kind="text", content={"text": text}, digest=digest
            )
        )
    return made


def system(study: Study, slug: str = "mock", **settings: Any) -> StudySystem:
    fields = {"adapter": "mock", "by": coordinator(), **settings}
    return study_system_add(
        study=study, version=system_register(slug=slug, **fields), by=coordinator()
    )


def statuses(study: Study) -> dict[str, int]:
    """Counts by status, zeros left out."""
    rows = Generation.objects.filter(study_system__study=study).values_list("status", flat=True)
    return {status: list(rows).count(status) for status in sorted(set(rows))}
