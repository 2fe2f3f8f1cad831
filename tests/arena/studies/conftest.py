"""A coordinator with a study that reads notes, and one that reads images."""

import pytest

from arena.accounts.models import User
from arena.studies.models import Study
from arena.studies.services import protocol_create, study_create

CRITERIA = [{"key": "overall", "label": "Overall"}]


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
