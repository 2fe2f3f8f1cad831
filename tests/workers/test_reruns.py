"""An answer is asked for again: compared with what stands, and never voted on."""

from typing import Any

import pytest
from django.test import Client

from arena.core.errors import UserError
from arena.core.models import AuditEvent
from arena.generations.comparison import differences, lines_compared
from arena.generations.models import Generation, Trial
from arena.generations.provenance import company_note
from arena.generations.selectors import generation_progress
from arena.generations.services import generation_request, generation_rerun, trials_forget
from arena.studies.models import Membership, Study
from tests.arena.generations import world
from workers import runner, trials
from workers.adapters.mock import Mock
from workers.residency import Residents

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def bells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "residents", Residents(capacity=2))
    monkeypatch.setattr(runner, "crew", runner.Crew())
    monkeypatch.setattr(runner, "enqueue", lambda *_, **__: None)
    for place in ("requests", "trials"):
        monkeypatch.setattr(f"arena.generations.services.{place}.enqueue", lambda *_, **__: None)


@pytest.fixture
def study() -> Study:
    made = world.study()
    world.cases(made, 2)
    world.system(made)
    generation_request(study=made)
    runner.run(resource="cpu")
    Membership.objects.create(study=made, user=made.created_by, role="coordinator")
    return made


def again(row: Generation) -> Trial:
    trial = generation_rerun(generation=row, by=world.coordinator())
    trials.run(trial_id=trial.pk)
    trial.refresh_from_db()
    return trial


def test_the_same_ask_with_the_same_seed_gives_the_same_answer(study: Study) -> None:
    row = Generation.objects.order_by("pk")[0]
    trial = again(row)
    assert trial.record == row.record
    for known in ("seed", "ask"):
        assert trial.provenance[known] == row.provenance[known]
    assert differences(row.provenance, trial.provenance) == []


def test_a_rerun_replaces_nothing_and_counts_nowhere(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Generation.objects.order_by("pk")[0]
    before = Generation.objects.filter(pk=row.pk).values().get()
    monkeypatch.setattr("workers.adapters.mock.plain", lambda ask: {"text": "Something else."})
    assert again(row).record == {"text": "Something else."}
    assert Generation.objects.filter(pk=row.pk).values().get() == before
    assert Generation.objects.count() == 2
    assert generation_progress(study=study).total == 2
    assert trials_forget() == 0
    assert AuditEvent.objects.filter(action="generation:rerun").count() == 1


def test_a_rerun_that_fails_is_told_and_the_answer_stands(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Any, ask: Any) -> Any:
        raise RuntimeError("no more memory")

    monkeypatch.setattr(Mock, "answer", broken)
    row = Generation.objects.order_by("pk")[0]
    assert again(row).error == "RuntimeError: no more memory"
    row.refresh_from_db()
    assert row.status == "succeeded"


def test_outputs_made_elsewhere_cannot_be_asked_again(study: Study) -> None:
    row = Generation.objects.order_by("pk")[0]
    row.study_system = world.system(study, "elsewhere", adapter="precomputed")
    with pytest.raises(UserError, match="computed elsewhere"):
        generation_rerun(generation=row, by=world.coordinator())


def test_the_page_asks_again_and_shows_what_changed(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    client.force_login(study.created_by, backend="django.contrib.auth.backends.ModelBackend")
    row = Generation.objects.order_by("pk")[0]
    held = row.study_system
    listed = client.get(f"/studies/notes/manage/systems/{held.pk}/answers/?status=succeeded")
    place = f"/studies/notes/manage/systems/answers/{row.pk}/"
    assert place in listed.content.decode()
    answer = client.post(f"{place}again/", follow=True).content.decode()
    assert "Waiting for a worker" in answer
    assert f'hx-get="{place}"' in answer
    monkeypatch.setattr("workers.adapters.mock.plain", lambda ask: {"text": "<b>Else</b>"})
    trials.run(trial_id=Trial.objects.get().pk)
    fragment = client.get(place, headers={"HX-Request": "true"}).content.decode()
    assert "hx-get" not in fragment
    assert "<html" not in fragment
    assert "+ &lt;b&gt;Else" in fragment
    assert "− Answer" in fragment
    other = world.study("other")
    Membership.objects.create(study=other, user=other.created_by, role="coordinator")
    assert client.get(f"/studies/other/manage/systems/answers/{row.pk}/").status_code == 404


def test_the_page_says_how_an_answer_came_about(study: Study) -> None:
    client = Client()
    client.force_login(study.created_by, backend="django.contrib.auth.backends.ModelBackend")
    row = Generation.objects.order_by("pk")[0]
    page = client.get(f"/studies/notes/manage/systems/answers/{row.pk}/").content.decode()
    for label in ("System version", "Case version", "Prompt as sent, SHA-256", "Seed", "Attempt"):
        assert f"<dt>{label}</dt>" in page
    assert row.provenance["prompt_sha256"] in page
    assert row.provenance["prompt_sent"].split()[0] in page
    assert row.provenance["case_version"] == 1
    assert row.provenance["worker"]["processor"]


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"batch": 3, "dtype": "bfloat16"}, "Computed together with 2 other cases in bfloat16"),
        ({"batch": 2, "dtype": "float16"}, "1 other case in"),
        ({"batch": 3, "dtype": "float32"}, ""),
        ({"batch": 1, "dtype": "bfloat16"}, ""),
        ({"served": {"model": "m"}}, "A server decides for itself"),
        ({}, ""),
    ],
)
def test_the_page_says_where_company_changes_numbers(known: dict[str, Any], words: str) -> None:
    assert words in company_note(known)
    assert bool(words) == bool(company_note(known))


def test_lines_that_only_one_answer_has_are_marked() -> None:
    before, after = {"text": "Rest.\nFluids.\nReview."}, {"text": "Rest.\nReview.\nX-ray."}
    signs = [(line.sign, line.text) for line in lines_compared(before, after)]
    assert signs == [
        ("same", "Rest."), ("gone", "Fluids."), ("same", "Review."), ("new", "X-ray."),
    ]  # fmt: skip
    assert [line.sign for line in lines_compared(None, {"a": 1})] == ["new"] * 3


def test_how_runs_differed_leaves_out_what_always_does() -> None:
    before = {"seconds": 1, "identity": {"versions": {"torch": "2.1"}, "device": "A"}, "tokens": 3}
    after = {"seconds": 2, "identity": {"versions": {"torch": "2.2"}, "device": "A"}, "new": True}
    assert differences(before, after) == [
        ("identity.versions.torch", "2.1", "2.2"), ("tokens", "3", "–"), ("new", "–", "true"),
    ]  # fmt: skip
