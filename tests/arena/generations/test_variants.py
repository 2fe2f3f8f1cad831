"""Variants: a registered system under a strategy, with its settings frozen and its keys guarded."""

from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from arena.accounts.models import User
from arena.core.errors import UserError
from arena.generations.models import Generation, SystemVersion
from arena.generations.services import (
    generation_request,
    secret_set,
    study_system_add,
    system_register,
    trial_request,
)
from arena.generations.strategies import STRATEGIES
from arena.studies.models import Case, CaseVersion, Study
from tests.arena.generations import world
from workers import runner
from workers.residency import Residents
from workers.strategies import strategies

pytestmark = pytest.mark.django_db

OPTIONS = {"strategy": "truncation", "options": {"fraction": 0.5}}
SERVER = {"base_url": "https://api.example.org/v1", "model": "m"}


@pytest.fixture
def owner() -> User:
    return world.coordinator()


def variant_of(name: str, by: User, slug: str = "half", **config: object) -> SystemVersion:
    return system_register(
        slug=slug, by=by, adapter="variant", config={**OPTIONS, "of": name} | config
    )


def test_the_site_and_the_workers_know_the_same_strategies() -> None:
    assert dict(STRATEGIES) == {key: found.title for key, found in strategies().items()}


def test_a_variant_freezes_the_version_it_is_made_of(owner: User) -> None:
    first = system_register(slug="plain", by=owner, adapter="mock", config={"seconds": 0})
    made = variant_of("plain", owner)
    assert (made.parent, made.asked) == (first, first)
    assert made.config["of"]["digest"] == first.digest
    assert variant_of("plain", owner) == made, "equal settings are one version"
    system_register(slug="plain", by=owner, adapter="mock", config={"seconds": 1})
    newer = variant_of("plain", owner)
    assert (newer.number, newer.parent.number) == (2, 2)  # type: ignore[union-attr]
    assert variant_of("plain@1", owner) == made
    assert variant_of("half@1", owner, slug="quarter").asked == first


@pytest.mark.parametrize("name", ["", "nobody", "plain@7", "plain@x", "plain@"])
def test_what_is_not_registered_has_no_variants(owner: User, name: str) -> None:
    system_register(slug="plain", by=owner, adapter="mock")
    if name == "plain@":
        assert variant_of(name, owner).parent
        return
    with pytest.raises(UserError, match=r"no system|needs the setting"):
        variant_of(name, owner)


def test_uploaded_outputs_cannot_be_asked_in_another_way(owner: User) -> None:
    system_register(slug="uploaded", by=owner, adapter="precomputed")
    with pytest.raises(UserError, match="computed elsewhere"):
        variant_of("uploaded", owner)


def test_a_variant_does_not_lend_its_makers_key_to_others(owner: User) -> None:
    server = system_register(slug="server", by=owner, adapter="openai-compatible", config=SERVER)
    secret_set(version=server, by=owner, secret="key-1")
    made = variant_of("server", owner)
    assert made.endpoint == server.endpoint
    stranger = User.objects.create_user("stranger@example.org")
    with pytest.raises(UserError):
        variant_of("server", stranger, slug="mine")


def test_an_operators_key_is_not_reached_through_a_variant(owner: User) -> None:
    admin = User.objects.create_superuser("admin@example.org")
    config = {**SERVER, "key_variable": "CONSILIUM_KEY_X"}
    system_register(slug="paid", by=admin, adapter="openai-compatible", config=config)
    with pytest.raises(UserError, match=r"ask an admin|no system"):
        variant_of("paid", owner)


def test_cases_of_a_closed_study_do_not_leave_through_a_variant(owner: User) -> None:
    system_register(slug="server", by=owner, adapter="openai-compatible", config=SERVER)
    with pytest.raises(UserError, match="does not allow its cases"):
        study_system_add(study=world.study(), version=variant_of("server", owner), by=owner)


@pytest.mark.django_db(transaction=True)
def test_a_variant_answers_and_says_how(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "crew", runner.Crew())
    monkeypatch.setattr(runner, "residents", Residents(capacity=2))
    monkeypatch.setattr(runner, "enqueue", lambda *_, **__: None)
    study = world.study()
    world.cases(study, 3)
    system_register(slug="plain", by=owner, adapter="mock")
    study_system_add(study=study, version=variant_of("plain", owner), by=owner)
    generation_request(study=study)
    runner.run(resource="cpu")
    rows = list(Generation.objects.all())
    assert {row.status for row in rows} == {"succeeded"}
    assert [step["name"] for step in rows[0].provenance["steps"]] == ["truncation"]
    assert rows[0].provenance["identity"]["of"]["system"] == "plain@1"


EXAMPLES = {
    "few-shot": {"demonstrations": [{"text": "Chest pain.", "answer": "Infarction"}]},
    "chain-of-thought": {},
    "choice-shuffling": {"samples": 2},
    "self-consistency": {"samples": 2},
    "retrieval": {"corpus": "guidelines.jsonl", "count": 1},
    "self-reflection": {"rounds": 1},
    "team": {"roles": [{"name": "radiologist", "brief": "Look."}], "rounds": 1},
    "perturbation": {"change": "typos", "strength": 0.5},
    "modality-drop": {"drop": ["text"]},
    "truncation": {"fraction": 0.5},
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("strategy", dict(STRATEGIES))
def test_every_strategy_is_recorded_with_its_parent_and_what_it_asked(
    strategy: str, owner: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    corpus = tmp_path / "guidelines.jsonl"
    corpus.write_text('{"id": "p1", "text": "Fever: give fluids."}\n')
    monkeypatch.setenv("CONSILIUM_CORPORA_DIR", str(tmp_path))
    monkeypatch.setattr(runner, "crew", runner.Crew())
    monkeypatch.setattr(runner, "residents", Residents(capacity=2))
    monkeypatch.setattr(runner, "enqueue", lambda *_, **__: None)
    choices = strategy == "choice-shuffling"
    study = world.study(output_kind="multiple-choice" if choices else "text-answer")
    text = "What is it?\nA. Pneumonia\nB. Asthma"
    case = Case.objects.create(study=study, key="case-1")
    CaseVersion.objects.create(
        case=case, input_kind="text", content={"text": text}, digest="1" * 64
    )
    record = {"choice": "A"} if choices else {"text": "So: FINAL ANSWER: rest."}
    system_register(slug="plain", by=owner, adapter="mock", config={"record": record})
    made = variant_of("plain", owner, strategy=strategy, options=EXAMPLES[strategy])
    study_system_add(study=study, version=made, by=owner)
    generation_request(study=study)
    runner.run(resource="cpu")
    row = Generation.objects.get()
    assert row.status == "succeeded", row.error
    version = row.study_system.version
    assert (str(version.parent), version.config["strategy"]) == ("plain@1", strategy)
    known = row.provenance
    assert known["identity"]["of"]["system"] == "plain@1"
    assert known["requests"] == len(known["steps"]) >= 1
    assert all(len(step["ask"]) == 64 for step in known["steps"])


def test_a_variant_does_not_show_how_a_system_of_an_open_study_answers(owner: User) -> None:
    study = world.study()
    world.system(study, "hidden", prompt="Keep the first sentence: {text}")
    shown = {"visibility": "public", "leaderboard_published": True, "opened_at": timezone.now()}
    Study.objects.update(status="open", **shown)
    rater = User.objects.create_user("rater@example.org")
    with pytest.raises(UserError, match="no system"):
        variant_of("hidden", rater, slug="copy")
    assert variant_of("hidden", owner).parent
    Study.objects.update(status="closed", closed_at=timezone.now())
    assert variant_of("hidden", rater, slug="copy").parent, "what everybody sees may be tried"


def test_the_card_of_a_variant_hides_what_the_system_underneath_hides(owner: User) -> None:
    study, other = world.study(), world.study("other")
    world.system(study, "hidden", prompt="Keep the first sentence: {text}")
    study_system_add(study=other, version=variant_of("hidden", owner), by=owner)
    now = timezone.now()
    shown = {"visibility": "public", "leaderboard_published": True, "opened_at": now}
    Study.objects.update(status="closed", closed_at=now, **shown)
    assert "first sentence" in Client().get("/systems/half/").content.decode()
    Study.objects.filter(pk=study.pk).update(status="open", closed_at=None)
    assert "first sentence" not in Client().get("/systems/half/").content.decode()


def test_a_case_of_another_study_is_not_tried(owner: User) -> None:
    one, other = world.study("one"), world.study("other")
    (case,) = world.cases(other, 1)
    with pytest.raises(UserError, match="of another study"):
        trial_request(by=owner, adapter="mock", config={}, study=one, case_version=case)
