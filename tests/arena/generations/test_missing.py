"""What systems were asked and what they lack, counted from indexes."""

from typing import Any

import pytest
from django.utils import timezone

from arena.generations.models import Generation, StudySystem
from arena.generations.selectors import answers_missing, failures_of, generation_progress
from arena.generations.services import generation_request
from arena.studies.models import Case, CaseVersion, Study
from tests.arena.generations import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return world.study()


@pytest.fixture
def held(study: Study) -> StudySystem:
    return world.system(study)


def lacking(study: Study) -> dict[str, int]:
    progress = generation_progress(study=study)
    return {one.label: rows for one, rows in answers_missing(study=study, progress=progress)}


def again(version: CaseVersion) -> CaseVersion:
    return CaseVersion.objects.create(
        case=version.case,
        number=version.number + 1,
        input_kind=version.input_kind,
        content=version.content,
        digest=f"{version.pk:063}b",
    )


def test_former_versions_withdrawn_cases_and_repeats_are_not_taken_for_answers(
    study: Study, held: StudySystem
) -> None:
    cases = world.cases(study, 5)
    assert lacking(study) == {held.label: 5}
    generation_request(study=study)
    assert lacking(study) == {}
    Generation.objects.create(study_system=held, case_version=cases[0], repeat=1)
    for version in cases[:2]:
        again(version)
    assert lacking(study) == {held.label: 2}
    Case.objects.filter(pk__in=[cases[1].case_id, cases[4].case_id]).update(
        withdrawn_at=timezone.now(), withdrawn_reason="Doubtful."
    )
    assert lacking(study) == {held.label: 1}
    generation_request(study=study)
    assert lacking(study) == {}


def test_what_was_judged_elsewhere_is_there_and_in_no_total(
    study: Study, held: StudySystem
) -> None:
    first, second = world.cases(study, 2)
    Generation.objects.create(study_system=held, case_version=first, status="external")
    Generation.objects.create(study_system=held, case_version=second)
    (told,) = generation_progress(study=study).per_system
    assert (told.total, told.queued, told.external) == (1, 1, 1)
    assert lacking(study) == {}


def test_failures_are_told_by_way_and_words_with_a_case_as_example(
    study: Study, held: StudySystem, django_assert_num_queries: Any
) -> None:
    cases = world.cases(study, 4)
    words = ["no memory", "no memory", "no answer", ""]
    for version, error in zip(cases, words, strict=True):
        Generation.objects.create(
            study_system=held, case_version=version, status="failed", failure="crashed", error=error
        )
    with django_assert_num_queries(3):
        found = failures_of(study=study)
    told = [(group.error, group.rows, group.case) for group in found]
    assert told == [("no memory", 2, "case-0"), ("", 1, "case-3"), ("no answer", 1, "case-2")]
    (system,) = generation_progress(study=study).per_system
    assert (system.failed, system.failures) == (4, {"crashed": 4})


def test_progress_costs_as_many_queries_for_more_systems(
    study: Study, held: StudySystem, django_assert_num_queries: Any
) -> None:
    world.cases(study, 3)
    for number in range(3):
        world.system(study, f"more-{number}")
    generation_request(study=study)
    with django_assert_num_queries(10):
        progress = generation_progress(study=study)
        answers_missing(study=study, progress=progress)
