"""A study opens only when there is something to compare."""

import pytest

from arena.accounts.models import User
from arena.generations.models import Generation, StudySystem, System, SystemVersion
from arena.studies.models import Study
from arena.studies.readiness import Step, requirements
from arena.studies.services import case_add, protocol_create, study_create

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    by = User.objects.create_user("coordinator@example.org")
    study = study_create(by=by, slug="s", title="S")
    protocol_create(
        study=study,
        by=by,
        input_kind="text",
        output_kind="summary",
        question="Which?",
        criteria=[{"label": "Overall"}],
    )
    case_add(study=study, by=by, key="a", input_kind="text", content={"text": "Cough."})
    return study


def take_part(study: Study, slug: str) -> StudySystem:
    system = System.objects.create(slug=slug, name=slug, owner=study.created_by)
    version = SystemVersion.objects.create(system=system, adapter="mock", digest=slug)
    return StudySystem.objects.create(study=study, version=version, label=slug)


def states(study: Study) -> list[tuple[bool, bool]]:
    """Of the two requirements of this app: met, and in the way of opening."""
    items = requirements(study=study, step=Step.OPEN)
    return [(item.met, item.refuses) for item in items if "systems" in item.text]


def test_one_system_is_not_enough(study: Study) -> None:
    take_part(study, "one")
    assert states(study) == [(False, True), (False, False)]


def test_two_systems_are_enough_and_outputs_are_advised(study: Study) -> None:
    systems = [take_part(study, slug) for slug in ("one", "two")]
    assert states(study) == [(True, False), (False, False)]
    case_version = study.cases.get().versions.get()
    for system in systems:
        Generation.objects.create(
            study_system=system, case_version=case_version, status="succeeded", record={}
        )
    assert states(study) == [(True, False), (True, False)]


def test_a_withdrawn_system_does_not_count(study: Study) -> None:
    for slug in ("one", "two"):
        take_part(study, slug)
    study.study_systems.filter(label="two").update(withdrawn_at=study.created_at)
    assert states(study)[0] == (False, True)
