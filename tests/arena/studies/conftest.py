"""A coordinator with a study that reads notes, and one that reads images."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from arena.accounts.models import User
from arena.studies.models import CaseVersion, Study
from arena.studies.services import case_add, member_add, protocol_create, study_create

ROLES = ("public", "stranger", "rater", "coordinator", "admin")
CRITERIA = [{"key": "overall", "label": "Overall"}]
FORM = {
    "title": "Discharge summaries",
    "question": "Which would you rather send?",
    "input_kind": "clinical-note",
    "output_kind": "summary",
    "scale": "five",
    "pairing": "balanced",
    "votes_per_comparison": "3",
    "target_votes": "0",
    "least_seconds": "0",
    "least_view_seconds": "0",
    "error_pack": "general",
    "qualification_percent": "0",
    "qualification_tries": "2",
    "repeat_percent": "5",
    "break_minutes": "45",
    "break_ballots": "0",
    "least_verification": "0",
    "visibility": "private",
    "criteria-TOTAL_FORMS": "2",
    "criteria-INITIAL_FORMS": "0",
    "criteria-0-label": "Overall",
    "criteria-0-required": "on",
    "criteria-1-label": "",
}


@pytest.fixture
def coordinator(db: None) -> User:
    return User.objects.create_user("coordinator@example.org", "pass-word-1")


@pytest.fixture
def rater(db: None) -> User:
    return User.objects.create_user("rater@example.org", "pass-word-1")


@pytest.fixture
def note_study(coordinator: User) -> Study:
    return new_study(coordinator, "notes", "clinical-note", "summary")


@pytest.fixture
def image_study(coordinator: User) -> Study:
    return new_study(coordinator, "images", "image-2d", "mask")


def new_study(by: User, slug: str, input_kind: str, output_kind: str) -> Study:
    study = study_create(by=by, slug=slug, title=f"Study of {slug}")
    protocol_create(
        study=study,
        by=by,
        input_kind=input_kind,
        output_kind=output_kind,
        question="Which would you rather act on?",
        criteria=CRITERIA,
    )
    return study


@pytest.fixture
def people(coordinator: User, rater: User, note_study: Study) -> dict[str, Client]:
    member_add(study=note_study, user=rater, role="rater", by=coordinator)
    users = {
        "stranger": User.objects.create_user("stranger@example.org"),
        "rater": rater,
        "coordinator": coordinator,
        "admin": User.objects.create_superuser("admin@example.org"),
    }
    clients = {role: Client() for role in ROLES}
    for role, user in users.items():
        clients[role].force_login(user)
    return clients


@pytest.fixture
def note(note_study: Study) -> Callable[[], CaseVersion]:
    def add(key: str = "a") -> CaseVersion:
        return case_add(
            study=note_study,
            by=note_study.created_by,
            key=key,
            input_kind="clinical-note",
            content={"text": "HISTORY:\nCough <script>alert(1)</script>\n\nPLAN:\nRest."},
        )

    return add


def set_status(study: Study, status: str, visibility: str = "private") -> None:
    """Whatever the services would ask for first is tested with them."""
    now = timezone.now()
    Study.objects.filter(pk=study.pk).update(
        status=status, visibility=visibility, opened_at=now, closed_at=now
    )
