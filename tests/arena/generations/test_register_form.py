"""The form that registers a system: what it asks first, what it explains, and what it keeps."""

from html import escape
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from arena.accounts.models import User
from arena.generations.adapter_info import GROUPS
from arena.generations.adapters import CATALOGUE
from arena.generations.form_fields import PairsField
from arena.generations.forms import SystemForm
from arena.generations.models import SystemSecret, SystemVersion
from arena.generations.services import secret_of
from arena.studies.models import Membership, Study
from tests.arena.generations import world

pytestmark = pytest.mark.django_db
CHAT = "/systems/new/?adapter=openai-compatible"
HUB = "/systems/new/?adapter=transformers-text"
KEY = "verysecret0123456789"
OFFERED = [info for info in CATALOGUE.values() if not info.for_tests]


@pytest.fixture
def study() -> Study:
    made = world.study()
    world.cases(made, 3)
    Membership.objects.create(study=made, user=made.created_by, role="coordinator")
    return made


@pytest.fixture
def client(study: Study) -> Client:
    made = Client()
    made.force_login(study.created_by, backend="django.contrib.auth.backends.ModelBackend")
    return made


def page(client: Client, address: str) -> str:
    return client.get(address, follow=True).content.decode()


# What is offered ----------------------------------------------------------------------------------
def test_adapters_are_offered_by_what_somebody_has(client: Client) -> None:
    said = page(client, "/systems/new/")
    places = [said.index(escape(title)) for _, title, _ in GROUPS]
    assert places == sorted(places)
    assert {info.group for info in OFFERED} == {key for key, _, _ in GROUPS}
    assert all(f"adapter={info.name}" in said for info in OFFERED)


def test_a_study_is_chosen_first_so_that_only_what_fits_is_offered(client: Client) -> None:
    assert 'href="?study=notes"' in page(client, "/systems/new/")
    said = page(client, "/systems/new/?study=notes")
    assert "asks: summary for" in said
    assert "adapter=image-classification" not in said
    fitting = page(client, "/systems/new/?adapter=transformers-text")
    assert "adapter=transformers-text&amp;study=notes" in fitting
    assert "study=notes" not in page(client, "/systems/new/?adapter=image-classification")


# What it explains ---------------------------------------------------------------------------------
@pytest.mark.parametrize("info", OFFERED, ids=lambda info: info.name)
def test_every_field_says_what_to_write_and_what_is_needed_comes_first(
    info: Any, client: Client
) -> None:
    form = SystemForm(None, adapter=info)
    silent = [name for name, field in form.fields.items() if not field.help_text]
    assert silent == []
    written = ("CharField", "LinesField", "PairsField", "PlainJSONField", "NumberField")
    unclear = [
        f.name
        for f in [*form.first_fields, *form.setting_fields, *form.rare_fields]
        if type(f.field).__name__ in written and not any(w in f.help_text for w in EXAMPLES)
    ]
    assert unclear == [], "a field to write in shows an example"
    needed = {name for name, field in form.fields.items() if field.required}
    assert needed <= {f.name for f in form.first_fields}
    assert len(form.first_fields) <= 5
    assert len(form.setting_fields) <= 6
    shown = [*form.first_fields, *form.setting_fields, *form.rare_fields, *form.card_fields]
    shown += form.trial_fields
    assert sorted(f.name for f in shown) == sorted(form.fields)


EXAMPLES = ("As in", "as in", "such as", "Seconds for one case", "Ward LLM 8B", "CONSILIUM_KEY")


def test_signs_of_markup_in_a_help_text_are_shown_as_they_are(client: Client) -> None:
    assert "it is not &lt;/think&gt;;" in page(client, HUB)


def test_an_adapter_that_reads_no_text_is_tried_on_a_case_of_a_study(client: Client) -> None:
    said = page(client, "/systems/new/?adapter=image-classification")
    assert "can only be tried on a case of a study" in said
    assert "Try on one case" not in said


def test_without_a_study_there_is_a_case_and_a_usual_output_to_begin_with(client: Client) -> None:
    form = SystemForm(None, adapter=CATALOGUE["transformers-text"])
    assert "fever" in str(form["try-text"].value())
    assert form["try-output_kind"].value() == "text-answer"


def test_where_nothing_is_asked_no_time_is_limited() -> None:
    form = SystemForm(None, adapter=CATALOGUE["precomputed"])
    assert "config-time_limit" not in form.fields
    assert form.trial_fields == []


TASK = [info for info in OFFERED if info.group in ("weights-texts", "weights-images")]


@pytest.mark.parametrize("info", TASK, ids=lambda info: info.name)
def test_a_model_of_one_task_is_asked_for_no_prompt_it_would_not_read(
    info: Any, tmp_path: Path
) -> None:
    form = SystemForm(None, adapter=info)
    asked = {"prompt", "decoding"} & set(form.fields)
    assert asked == ({"prompt", "decoding"} if info.name == "text-to-text" else set())
    (tmp_path / "decoding.json").write_text('{"max_tokens": 5}')
    User.objects.create_superuser("admin@example.org")
    given = ["one", f"--adapter={info.name}", f"--decoding={tmp_path / 'decoding.json'}"]
    if not asked:
        with pytest.raises(CommandError, match=f"{info.name} does not read --decoding"):
            call_command("register_system", *given)


# What it takes ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "values", "found"),
    [
        ("DRUG = medication\nLABEL_0 =", False, {"DRUG": "medication", "LABEL_0": None}),
        ('{"DRUG": "medication"}', False, {"DRUG": "medication"}),
        ("1 = 2", False, {"1": "2"}),
        ("max_tokens = 400\n\ntemperature=0.2", True, {"max_tokens": 400, "temperature": 0.2}),
        ('stop = ["\\n"]\nreasoning_effort = low', True,
         {"stop": ["\n"], "reasoning_effort": "low"}),
        ("", True, None),
    ],
)  # fmt: skip
def test_pairs_are_written_line_by_line_or_as_json(
    text: str, values: bool, found: dict[str, Any] | None
) -> None:
    field = PairsField(values=values, required=False)
    assert field.clean(text) == found
    again = field.prepare_value(found)
    assert field.clean(again or "") == found, "what is shown again is read in the same way"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"decoding": "max_tokens 400"}, "Line 1: write it as in max_tokens = 400."),
        ({"decoding": "top_p = 1\nstop ="}, "Line 2: write it as in max_tokens = 400."),
        ({"decoding": '{"temperature": 0'}, "This is not JSON"),
        ({"config-model": ""}, "This field is required"),
        ({"prompt": "Summarise this note."}, "The case&#x27;s text is nowhere in the prompt"),
    ],
)
def test_a_fault_is_told_beside_its_field_and_all_that_was_typed_stays(
    client: Client, change: dict[str, str], said: str
) -> None:
    typed = {"name": "Ward", "config-model": "org/ward-llm", "prompt": "Shorten: {text}"}
    typed |= {"aliases": "WardLLM", "config-system_prompt": "Be brief."} | change
    answer = client.post(f"{HUB}&study=notes", typed)
    shown = answer.content.decode()
    assert answer.status_code == 400
    assert said in shown
    assert all(escape(text) in shown for text in typed.values())
    assert not SystemVersion.objects.exists()


@pytest.mark.parametrize(
    ("address", "settings", "word", "near"),
    [
        (HUB, {"config-model": "m"}, "max_token", "max_tokens"),
        (CHAT, {"config-base_url": "https://api.example.org/v1", "config-model": "m"}, "temp", ""),
        (
            CHAT,
            {"config-base_url": "https://api.example.org/v1", "config-model": "m"},
            "max_new_tokens",
            "max_tokens",
        ),
    ],
)
def test_a_decoding_that_would_not_be_kept_to_is_refused(
    client: Client, address: str, settings: dict[str, str], word: str, near: str
) -> None:
    """A server would never be told it, and answer by other settings than its card says."""
    answer = client.post(address, {"name": "Ward", "decoding": f"{word} = 4"} | settings)
    (said,) = answer.context["form"].errors["decoding"]
    assert said.startswith(f"The decoding has no {word!r}.")
    assert f"Did you mean {near!r}?" in said or not near
    assert not SystemVersion.objects.exists()


def test_the_usual_ending_of_a_chat_address_is_taken_off(client: Client) -> None:
    address = "https://api.example.org/v1/chat/completions"
    client.post(CHAT, {"name": "Chat", "config-base_url": address, "config-model": "m"})
    assert SystemVersion.objects.get().config["base_url"] == "https://api.example.org/v1"


# What it keeps ------------------------------------------------------------------------------------
def test_a_key_outlives_an_error_and_is_not_shown(client: Client) -> None:
    chat = {"config-base_url": "https://api.example.org/v1", "config-model": "m"}
    refused = client.post(CHAT, chat | {"key": KEY})
    shown = refused.content.decode()
    assert refused.status_code == 400
    assert KEY not in shown
    assert "The key you typed is kept" in shown
    assert KEY not in str(dict(client.session))
    assert client.post(CHAT, chat | {"name": "Chat"}).status_code == 302
    assert secret_of(version=SystemVersion.objects.get()) == KEY


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_kept_key_goes_to_no_other_server_and_ends_with_the_form(
    client: Client, elsewhere: bool
) -> None:
    chat = {"config-base_url": "https://api.example.org/v1", "config-model": "m"}
    client.post(CHAT, chat | {"key": KEY})
    if elsewhere:
        chat["config-base_url"] = "https://other.example.org/v1"
    else:
        client.get(CHAT)
    assert client.post(CHAT, chat | {"name": "Chat"}).status_code == 302
    assert not SystemSecret.objects.exists()


def test_a_model_that_is_tried_is_named_by_its_id_until_somebody_names_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.generations.services.trials.enqueue", lambda *_, **__: None)
    form = {"try": "1", "config-model": "org/ward-llm", "try-text": "Fever."}
    form["try-output_kind"] = "summary"
    assert client.post(HUB, form).context["form"]["name"].value() == "ward-llm"
    named = client.post(HUB, form | {"name": "Ward"})
    assert named.context["form"]["name"].value() == "Ward"


def test_the_name_follows_the_model_until_somebody_names_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.generations.services.trials.enqueue", lambda *_, **__: None)
    form = {"try": "1", "try-text": "Fever.", "try-output_kind": "summary"}
    faulty = client.post(HUB, form | {"config-model": "org/wardlm", "decoding": "max_tokens: 4"})
    assert '<input type="hidden" name="named" value="wardlm">' in faulty.content.decode()
    form |= {"config-model": "org/ward-llm", "named": "wardlm"}
    followed = client.post(HUB, form | {"name": "wardlm"})
    assert followed.context["form"]["name"].value() == "ward-llm"
    assert client.post(HUB, form | {"name": "Mine"}).context["form"]["name"].value() == "Mine"


def test_what_was_tried_before_is_not_shown_as_the_answer_to_a_faulty_try(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.generations.services.trials.enqueue", lambda *_, **__: None)
    form = {"try": "1", "try-text": "Fever.", "config-model": "org/ward-llm"}
    form["try-output_kind"] = "summary"
    first = client.post(HUB, form)
    assert 'id="trial"' in first.content.decode()
    form |= {"trial": str(first.context["trial"].uuid)}
    faulty = client.post(HUB, form | {"decoding": "max_tokens: 4"}).content.decode()
    assert 'id="trial"' not in faulty
    assert form["trial"] in faulty  # the next one may still fill in what it knew
    unnamed = {key: text for key, text in form.items() if key != "try"}
    assert 'id="trial"' in client.post(HUB, unnamed).content.decode()


# A variant ----------------------------------------------------------------------------------------
def test_the_systems_that_may_be_asked_in_another_way_are_offered(
    client: Client, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.generations.services.trials.enqueue", lambda *_, **__: None)
    page_of = "/systems/new/?adapter=variant&study=notes"
    client.post(HUB, {"name": "Ward LLM", "config-model": "org/m", "config-resource": "cpu"})
    client.post("/systems/new/?adapter=precomputed", {"name": "Elsewhere"})
    shown = page(client, page_of)
    assert '<option value="ward-llm">Ward LLM, version 1</option>' in shown
    assert 'list="registered-systems"' in shown
    assert '<option value="elsewhere">' not in shown
    form = {"try": "1", "config-strategy": "self-consistency"}
    case = {"try-case_version": str(study.cases.get(key="case-0").versions.get().pk)}
    missed = client.post(page_of, form | case | {"config-of": "ward-lm"}).content.decode()
    assert escape("Did you mean 'ward-llm'?") in missed
    tried = client.post(page_of, form | case | {"config-of": "ward-llm"})
    assert tried.context["form"]["name"].value() == "ward-llm self-consistency"


def test_a_system_whose_adapter_is_here_no_longer_is_not_offered(
    client: Client, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post(HUB, {"name": "Ward LLM", "config-model": "org/m", "config-resource": "cpu"})
    world.system(study, "old", adapter="mock")
    monkeypatch.delitem(CATALOGUE, "mock")
    shown = page(client, "/systems/new/?adapter=variant&study=notes")
    assert '<option value="ward-llm">' in shown and '<option value="old">' not in shown


# What comes next ----------------------------------------------------------------------------------
def test_after_registering_it_says_what_to_do_and_what_is_missing(client: Client) -> None:
    form = {"name": "Ward", "config-model": "org/ward-llm", "config-resource": "cpu"}
    said = client.post(f"{HUB}&study=notes", form, follow=True).content.decode()
    assert "Ward is registered as version 1 and takes part. Press “Start generation”" in said
    assert "Its revision is not pinned" in said
    assert "Not asked yet: Ward (3 cases)" in said
    client.post("/studies/notes/manage/systems/step/", {"step": "start"})
    assert "Not asked yet" not in page(client, "/studies/notes/manage/systems/")


def test_after_registering_uploaded_outputs_the_upload_is_open(client: Client) -> None:
    address = "/systems/new/?adapter=precomputed&study=notes"
    said = client.post(address, {"name": "Elsewhere"}, follow=True).content.decode()
    held = SystemVersion.objects.get().study_systems.get()
    assert "Upload its outputs below" in said
    assert f'<a href="#outputs-{held.pk}">outputs of Elsewhere</a> (3 cases)' in said
    assert f'<details id="outputs-{held.pk}" open>' in said
    assert "not pinned" not in said


def test_that_a_version_is_frozen_is_said_before_and_after(client: Client) -> None:
    assert "a version never changes again" in page(client, CHAT)
    form = {"name": "Chat", "config-base_url": "https://api.example.org/v1", "config-model": "m"}
    said = client.post(CHAT, form, follow=True).content.decode()
    assert "Next: add it to a study" in said
    assert "A version never changes" in said
