"""A system is tried on one case before it is registered: by a worker, counted nowhere."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from arena.accounts.models import User
from arena.core.errors import UserError
from arena.core.queue import TaskName
from arena.generations.management.commands import register_system as command
from arena.generations.models import Generation, System, SystemSecret, SystemVersion, Trial
from arena.generations.services import (
    secret_of,
    secret_set,
    system_register,
    trial_look,
    trial_request,
    trials_forget,
)
from arena.studies.models import Membership, Study
from tests.arena.generations import world
from tests.workers.chat_server import ChatServer, serving, whole
from workers import runner, trials
from workers.residency import Residents

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "verysecret0123456789"
FORM = {"try": "1", "config-method": "lead", "config-sentences": "1"}
PAGE = "/systems/new/?adapter=extractive-summary"


@pytest.fixture(autouse=True)
def bells(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The trials that were rung for; a test runs them when it wants to."""
    rung: list[int] = []
    monkeypatch.setattr(runner, "residents", Residents(capacity=2))

    def note(task: TaskName, *, queue: str, trial_id: int) -> None:
        assert task is TaskName.TRY_SYSTEM
        rung.append(trial_id)

    monkeypatch.setattr("arena.generations.services.trials.enqueue", note)
    return rung


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[ChatServer]:
    with serving() as made:
        monkeypatch.setenv("CONSILIUM_INSIDE_ENDPOINTS", made.place)
        settings.INSIDE_ENDPOINTS = [made.place]
        settings.VAULT_KEYS = [Fernet.generate_key().decode()]
        yield made


@pytest.fixture
def study() -> Study:
    made = world.study()
    world.cases(made, 2)
    Membership.objects.create(study=made, user=made.created_by, role="coordinator")
    return made


@pytest.fixture
def client(study: Study) -> Client:
    made = Client()
    made.force_login(study.created_by, backend="django.contrib.auth.backends.ModelBackend")
    return made


def tried(**more: Any) -> Trial:
    settings: dict[str, Any] = {
        "by": world.coordinator(),
        "adapter": "mock",
        "config": {"record": {"text": "Rest."}},
        "text": "Fever.",
        "output_kind": "summary",
    }
    trial = trial_request(**{**settings, **more})
    trials.run(trial_id=trial.pk)
    trial.refresh_from_db()
    return trial


# Asked by a worker --------------------------------------------------------------------------------
def test_a_worker_really_asks_and_nothing_is_stored_as_an_answer(study: Study) -> None:
    case = study.cases.get(position=1).versions.get()
    lead = {"method": "lead", "sentences": 1}
    trial = tried(
        adapter="extractive-summary", config=lead, study=study, case_version=case, text=""
    )
    assert trial.status == "answered"
    assert trial.record == {"text": "Note 1 of notes: fever since 1 days."}
    assert trial.provenance["seconds"] >= 0
    assert not Generation.objects.exists()
    assert not System.objects.exists()


def test_a_trial_is_asked_once_however_often_the_bell_rings(server: ChatServer) -> None:
    chat = {"base_url": f"http://{server.place}/v1", "model": "m"}
    trial = tried(adapter="openai-compatible", config=chat)
    trials.run(trial_id=trial.pk)
    assert len(server.sent) == 1


@pytest.mark.parametrize(
    ("config", "failure", "said"),
    [
        ({"fail": True, "failure": "refused"}, "refused", "told to fail"),
        ({"record": {"text": ""}}, "empty", "answered nothing"),
        ({"record": {"colour": 1}}, "invalid_output", "text: is missing"),
    ],
)
def test_a_failure_is_shown_with_its_class(config: Any, failure: str, said: str) -> None:
    trial = tried(config=config)
    assert (trial.status, trial.failure) == ("failed", failure)
    assert said in trial.error


def test_what_is_not_valid_is_shown_as_it_came() -> None:
    assert tried(config={"record": {"colour": 1}}).record == {"faulty_record": {"colour": 1}}
    large = tried(config={"record": {"colour": ["red"] * 900}}).record["faulty_record"]
    assert large.startswith("{'colour': ['red', ")
    assert len(large) < 200


def test_an_answer_that_names_its_maker_is_marked() -> None:
    assert tried(config={"record": {"text": "As GPT-4, I advise rest."}}).names_its_maker


def test_a_faulty_adapter_fails_the_trial_and_not_the_worker(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: Any) -> None:
        raise RuntimeError("no such weights")

    monkeypatch.setattr("workers.adapters.mock.Mock.load", broken)
    assert tried().error == "RuntimeError: no such weights"


def test_the_key_goes_to_the_server_and_is_seen_nowhere(server: ChatServer) -> None:
    server.say = lambda body: whole(f"{KEY} it is")
    chat = {"base_url": f"http://{server.place}/v1", "model": "m"}
    trial = tried(adapter="openai-compatible", config=chat, key=KEY)
    assert server.sent[0][2] == f"Bearer {KEY}"
    row = str(Trial.objects.values().get())
    assert KEY not in row
    assert trial.record == {"text": "*** it is"}


def test_a_stored_key_is_used_by_its_owner_alone(server: ChatServer) -> None:
    chat = {"base_url": f"http://{server.place}/v1", "model": "m"}
    owner, other = world.coordinator(), world.coordinator("other@example.org")
    system_register(slug="chat", by=owner, adapter="openai-compatible", config=chat, key=KEY)
    for by in (owner, other):
        tried(adapter="openai-compatible", config=chat, system_slug="chat", by=by)
    assert [key for _, _, key in server.sent] == [f"Bearer {KEY}", None]


def test_cases_that_may_not_leave_do_not_leave_for_a_trial(
    study: Study, server: ChatServer, settings: Any
) -> None:
    case = study.cases.get(position=1).versions.get()
    chat = {"base_url": f"http://{server.place}/v1", "model": "m"}
    asked = {"adapter": "openai-compatible", "config": chat, "study": study, "text": ""}
    trial = trial_request(by=world.coordinator(), case_version=case, **asked)
    settings.INSIDE_ENDPOINTS = []
    trials.run(trial_id=trial.pk)
    trial.refresh_from_db()
    assert trial.failure == "rejected_by_policy"
    assert server.sent == []
    with pytest.raises(UserError, match="does not allow its cases to be sent"):
        trial_request(by=world.coordinator(), case_version=case, **asked)


def test_a_variant_is_tried_with_the_key_of_the_system_underneath(server: ChatServer) -> None:
    chat = {"base_url": f"http://{server.place}/v1", "model": "m"}
    owner, other = world.coordinator(), User.objects.create_superuser("root@example.org")
    system_register(slug="chat", by=owner, adapter="openai-compatible", config=chat, key=KEY)
    variant = {"adapter": "variant", "config": {"of": "chat", "strategy": "chain-of-thought"}}
    server.say = lambda body: whole("Bacterial. FINAL ANSWER: Rest.")
    for by in (owner, other):
        assert tried(by=by, **variant).error == ""
    assert [key for _, _, key in server.sent] == [f"Bearer {KEY}"] * 2
    stranger = world.coordinator("stranger@example.org")
    with pytest.raises(UserError, match="no system 'chat'"):
        tried(by=stranger, **variant)


def test_the_operators_key_is_not_tried_by_just_anybody() -> None:
    chat = {"base_url": "https://api.example.org", "model": "m", "key_variable": "CONSILIUM_KEY_X"}
    with pytest.raises(UserError, match="ask an admin"):
        tried(adapter="openai-compatible", config=chat)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": " "}, "no case to try it on"),
        ({"adapter": "precomputed", "config": {}}, "nothing to try"),
        ({"config": {"colour": 1}}, "has no setting 'colour'"),
    ],
)
def test_a_trial_that_cannot_be_is_told(change: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        tried(**change)


# Lost bells, dead workers, old trials -------------------------------------------------------------
def test_a_lost_bell_is_rung_again_when_somebody_looks(bells: list[int]) -> None:
    mock = {"adapter": "mock", "config": {}, "text": "x", "output_kind": "summary"}
    trial = trial_request(by=world.coordinator(), **mock)
    trial_look(trial=trial)
    assert bells == [trial.pk]
    trial.created_at -= timedelta(seconds=20)
    trial_look(trial=trial)
    assert bells == [trial.pk, trial.pk]


def test_a_trial_whose_worker_died_ends() -> None:
    mock = {"adapter": "mock", "config": {"time_limit": 10}, "text": "x", "output_kind": "summary"}
    trial = trial_request(by=world.coordinator(), **mock)
    Trial.objects.update(status="running", started_at=timezone.now() - timedelta(seconds=200))
    trial.refresh_from_db()
    assert trial_look(trial=trial).error.startswith("The worker stopped")


def test_trials_are_forgotten_after_a_day() -> None:
    tried()
    assert trials_forget() == 0
    Trial.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert trials_forget() == 1


# In the browser -----------------------------------------------------------------------------------
def test_the_form_is_kept_while_a_system_is_tried_and_then_registered(
    client: Client, study: Study, bells: list[int]
) -> None:
    case = study.cases.get(position=1).versions.get()
    address = f"{PAGE}&study=notes"
    page = client.post(address, FORM | {"aliases": "FL-1", "try-case_version": case.pk})
    said = page.content.decode()
    assert page.status_code == 200
    assert "Waiting for a worker" in said
    assert "FL-1" in said
    trial = Trial.objects.get()
    fragment = f"/systems/trials/{trial.uuid}/?form"
    assert f'hx-get="{fragment}"' in said
    trials.run(trial_id=bells[0])
    ended = client.get(fragment, headers={"HX-Request": "true"}).content.decode()
    assert "fever since 1 days" in ended
    assert "hx-get" not in ended
    assert "<html" not in ended
    assert "<html" in client.get(fragment).content.decode()
    done = {"name": "First lines", "trial": str(trial.uuid)}
    form = {key: value for key, value in FORM.items() if key != "try"}
    answer = client.post(address, form | done)
    assert answer.headers["Location"] == "/studies/notes/manage/systems/"
    assert study.study_systems.get().label == "First lines"


def test_without_a_study_a_text_of_ones_own_is_tried(client: Client, bells: list[int]) -> None:
    text = {"try-text": "Fever. Cough.", "try-output_kind": "summary"}
    assert client.post(PAGE, FORM | text).status_code == 200
    trials.run(trial_id=bells[0])
    assert Trial.objects.get().record == {"text": "Fever."}


def test_settings_that_are_faulty_are_told_before_anything_is_tried(client: Client) -> None:
    answer = client.post(PAGE, FORM | {"config-method": "magic", "try-text": "x"})
    assert answer.status_code == 400
    assert not Trial.objects.exists()


def test_a_trial_is_seen_and_used_by_whoever_made_it_alone(client: Client) -> None:
    trial = tried(by=User.objects.create_superuser("root@example.org"))
    assert client.get(f"/systems/trials/{trial.uuid}/").status_code == 404
    form = {"name": "x", "config-method": "lead", "trial": str(trial.uuid)}
    assert client.post(PAGE, form).status_code == 404
    assert client.post(PAGE, form | {"trial": "nonsense"}).status_code == 404


def test_a_key_typed_for_the_trial_is_kept_for_the_registration(
    client: Client, server: ChatServer
) -> None:
    page = "/systems/new/?adapter=openai-compatible"
    chat = {"config-base_url": f"http://{server.place}/v1", "config-model": "m"}
    asked = {"try": "1", "try-text": "Fever.", "try-output_kind": "summary", "key": KEY}
    said = client.post(page, chat | asked)
    assert KEY not in said.content.decode()
    done = {"name": "Chat", "trial": str(Trial.objects.get().uuid)}
    assert client.post(page, chat | done).status_code == 302
    assert secret_of(version=SystemVersion.objects.get()) == KEY


def test_a_key_does_not_go_with_a_trial_to_a_variant_at_another_server(
    client: Client, server: ChatServer
) -> None:
    for slug, place in (("one", server.place), ("two", "elsewhere.example.org")):
        config = {"base_url": f"http://{place}/v1", "model": "m"}
        system_register(
            slug=slug, by=world.coordinator(), adapter="openai-compatible", config=config
        )
    page = "/systems/new/?adapter=variant"
    half = {"config-strategy": "truncation", "config-options": '{"fraction": 0.5}'}
    asked = {"try": "1", "try-text": "Fever.", "try-output_kind": "summary"}
    secret_set(
        version=SystemVersion.objects.get(system__slug="one"), by=world.coordinator(), secret=KEY
    )
    assert client.post(page, half | asked | {"config-of": "one"}).status_code == 200
    trial = Trial.objects.get()
    assert trial.sealed
    done = {"name": "Half", "config-of": "two", "trial": str(trial.uuid)}
    assert client.post(page, half | done).status_code == 302
    assert SystemSecret.objects.get().system.slug == "one"


def test_the_card_of_a_model_fills_what_was_left_empty(client: Client) -> None:
    facts = {"licence": "apache-2.0", "revision": "ab" * 32, "parameters": 1_500_000_000}
    trial = tried(adapter="mock")
    Trial.objects.update(adapter="transformers-text", config={"model": "/m"}, facts=facts)
    page = "/systems/new/?adapter=transformers-text"
    form = {"name": "LLM", "config-model": "/m", "trial": str(trial.uuid)}
    choices = {"config-dtype": "auto", "config-attention": "auto", "config-resource": "cpu"}
    batching = {"config-batching": "auto"}
    answer = client.post(page, form | choices | batching | {"description": "Mine."})
    assert answer.status_code == 302, answer.context["form"].errors
    version = SystemVersion.objects.get()
    assert version.revision == "ab" * 32
    assert (version.system.licence, version.system.description) == ("apache-2.0", "Mine.")
    card = client.get("/systems/llm/").content.decode()
    assert "1.5 billion" in card
    other = form | choices | batching | {"config-model": "/other", "name": "Other"}
    client.post(page, other)
    assert SystemVersion.objects.get(system__slug="other").revision == ""


def test_what_an_agent_looked_up_is_shown_where_its_answer_has_no_place_for_it(
    client: Client,
) -> None:
    trial = tried(adapter="mock")
    call = {"name": "lab", "input": {"test": "CRP"}, "output": "48 mg/L <b>"}
    steps = [{"type": "tool-call", **call}, {"type": "call", "name": "draft", "output": "Hm."}]
    Trial.objects.update(provenance={"steps": steps}, record={"text": "High."})
    said = client.get(f"/systems/trials/{trial.uuid}/").content.decode()
    assert "lab({&quot;test&quot;: &quot;CRP&quot;}) → 48 mg/L &lt;b&gt;" in said
    assert "draft" not in said
    Trial.objects.update(record={"text": "High.", "steps": ["lab"]})
    assert "What it looked up" not in client.get(f"/systems/trials/{trial.uuid}/").content.decode()


def test_a_tag_is_pinned_to_what_it_was_when_it_was_tried(client: Client) -> None:
    facts = {"revision": "ab" * 20}
    trial = tried(adapter="mock")
    config = {"model": "org/m"}
    Trial.objects.update(adapter="transformers-text", config=config, facts=facts, revision="v1")
    page = "/systems/new/?adapter=transformers-text"
    form = {"config-model": "org/m", "trial": str(trial.uuid), "config-batching": "auto"}
    form |= {"config-dtype": "auto", "config-attention": "auto", "config-resource": "cpu"}
    client.post(page, form | {"name": "Tagged", "revision": "v1"})
    client.post(page, form | {"name": "Other", "revision": "v2"})
    pinned = {v.system.slug: v.revision for v in SystemVersion.objects.all()}
    assert pinned == {"tagged": "ab" * 20, "other": "v2"}


# From the shell -----------------------------------------------------------------------------------
@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch, bells: list[int]) -> None:
    """A worker that answers while the command waits."""
    monkeypatch.setattr(command.time, "sleep", lambda _: trials.run(trial_id=bells[0]))


def call(*args: str) -> str:
    out = io.StringIO()
    call_command("register_system", "s", *args, "--study=notes", "--try", stdout=out)
    return out.getvalue()


def test_the_command_tries_before_it_registers(study: Study, at_once: None) -> None:
    User.objects.create_superuser("admin@example.org")
    told = call("--adapter=extractive-summary", "--set", "method=lead", "--set", "sentences=1")
    assert "fever since 0 days" in told
    assert "s@1 is registered" in told


def test_the_command_registers_nothing_that_does_not_answer(study: Study, at_once: None) -> None:
    User.objects.create_superuser("admin@example.org")
    with pytest.raises(CommandError, match="gave no answer: told to fail"):
        call("--adapter=mock", "--set", "fail=true")
    assert not System.objects.exists()


def test_the_command_says_when_no_worker_is_there(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.create_superuser("admin@example.org")
    monkeypatch.setattr(command, "PATIENCE_SECONDS", 0)
    with pytest.raises(CommandError, match=r"No worker took the trial.*serves 'cpu'"):
        call("--adapter=mock")


def test_a_folder_is_pinned_by_its_files(tmp_path: Path) -> None:
    from workers.adapters.base import AdapterError
    from workers.adapters.checkpoint import Checkpoint

    (tmp_path / "config.json").write_text("{}")
    pinned = Checkpoint(str(tmp_path)).digest
    Checkpoint(str(tmp_path), pinned).check_pin()
    (tmp_path / "config.json").write_text('{"a": 1}')
    with pytest.raises(AdapterError, match="other files than those that were registered") as told:
        Checkpoint(str(tmp_path), pinned).check_pin()
    sentence, _, digests = str(told.value).partition(" (Their digest is ")
    assert sentence.endswith("trying it pins the files of now.")
    assert f"not {pinned[:12]}…" in digests
    assert pinned not in digests


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"model_type": "sam2"}, r"\(sam2\) needs torchvision"),
        ({"model_type": "sam2_video"}, "needs torchvision"),
        ({"model_type": "sam3_tracker"}, "needs torchvision"),
        ({"model_type": "timm_wrapper"}, r"\(timm_wrapper\) needs timm"),
        ({"architecture": "vit_large_patch16_224"}, r"\(vit_large_patch16_224\) needs timm"),
    ],
)
@pytest.mark.parametrize("adapter", ["prompted-segmentation", "image-classification"])
def test_a_model_that_workers_cannot_run_is_refused_with_what_to_do_instead(
    config: dict[str, str], told: str, adapter: str, tmp_path: Path
) -> None:
    from workers.adapters.base import AdapterError
    from workers.adapters.registry import adapter_for

    (tmp_path / "config.json").write_text(json.dumps(config))
    made = adapter_for(adapter, {"model": str(tmp_path)})
    with pytest.raises(AdapterError, match=told) as refused:
        made.load()
    assert refused.value.failure == "rejected_by_policy"
    assert "(adapter http-json)" in str(refused.value)
    assert "(adapter precomputed)" in str(refused.value)


@pytest.mark.parametrize("kind", ["sam", "vit", "bert"])
def test_a_model_that_they_run_is_not(kind: str, tmp_path: Path) -> None:
    from workers.adapters.checkpoint import Checkpoint

    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
    Checkpoint(str(tmp_path)).check_type()
