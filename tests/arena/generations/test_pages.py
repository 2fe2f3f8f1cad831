"""Systems and generation in the browser: who sees what, and what the forms say."""

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from arena.accounts.models import User
from arena.generations.models import Generation, StudySystem, System
from arena.generations.services import generation_request, study_system_withdraw
from arena.studies.models import Membership, Study
from tests.arena.generations import world

pytestmark = pytest.mark.django_db
CONFIG = {"adapter": "extractive-summary", "config": {"method": "textrank"}}


@pytest.fixture
def study() -> Study:
    made = world.study()
    Membership.objects.create(study=made, user=made.created_by, role="coordinator")
    return made


@pytest.fixture
def held(study: Study) -> StudySystem:
    return world.system(
        study, "sentence-graph", name="Sentence graph", maker="Example Lab", **CONFIG
    )


@pytest.fixture
def rater(study: Study) -> User:
    user = User.objects.create_user("rater@example.org")
    Membership.objects.create(study=study, user=user, role="rater")
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def move(study: Study, status: str, *, published: bool = False) -> None:
    now = timezone.now()
    Study.objects.filter(pk=study.pk).update(
        status=status,
        opened_at=now,
        closed_at=None if status == "open" else now,
        visibility="public",
        leaderboard_published=published,
    )


# Who may know of a system -----------------------------------------------------------------------
@pytest.mark.parametrize("status", ["draft", "open", "closed"])
def test_a_system_of_unpublished_studies_is_unknown_to_raters_and_strangers(
    study: Study, held: StudySystem, rater: User, status: str
) -> None:
    move(study, status)
    for client in (Client(), signed_in(rater)):
        assert client.get("/systems/sentence-graph/").status_code == 404
        assert "Sentence graph" not in client.get("/systems/").content.decode()


def test_a_system_of_a_published_study_is_known_to_everybody(
    study: Study, held: StudySystem
) -> None:
    move(study, "closed", published=True)
    card = Client().get("/systems/sentence-graph/").content.decode()
    assert "Example Lab" in card
    assert "textrank" in card
    assert "/studies/notes/leaderboard/" in card
    assert "Sentence graph" in Client().get("/systems/").content.decode()


def test_while_a_study_is_open_only_those_who_run_the_system_see_how_it_answers(
    study: Study, held: StudySystem, rater: User
) -> None:
    move(study, "open", published=True)
    System.objects.update(description="Keeps central sentences.")
    listed = f"/api/v1/studies/{study.slug}/systems/"
    for client in (Client(), signed_in(rater)):
        assert client.get(listed).json()["results"][0]["digest"] == ""
        card = client.get("/systems/sentence-graph/").content.decode()
        assert "Example Lab" in card
        assert "textrank" not in card
        assert "extractive-summary" not in card
        assert held.version.digest not in card
        assert "central sentences" not in card
    coordinator = signed_in(study.created_by)
    card = coordinator.get("/systems/sentence-graph/").content.decode()
    assert "textrank" in card
    assert "central sentences" in card
    assert coordinator.get(listed).json()["results"][0]["digest"] == held.version.digest


def test_a_setting_that_looks_like_a_secret_is_not_shown(study: Study) -> None:
    record = {"record": {"api_token": "hidden-in-json"}}
    held = world.system(study, "mocked", config=record, decoding={"api_key": "sk-123"})
    card = signed_in(study.created_by).get(f"/systems/{held.version.system.slug}/")
    assert "sk-123" not in card.content.decode()


def test_a_rater_does_not_run_a_hidden_system_by_adding_it_to_a_study_of_their_own(
    study: Study, held: StudySystem, rater: User
) -> None:
    move(study, "open", published=True)
    own = world.study("own")
    Membership.objects.create(study=own, user=rater, role="coordinator")
    client, page = signed_in(rater), "/studies/own/manage/systems/"
    assert client.get(page).status_code == 200
    posted = client.post(page, {"version": held.version.pk, "label": "Mine"})
    assert posted.status_code == 400
    assert not own.study_systems.exists()
    move(study, "closed", published=True)
    assert client.post(page, {"version": held.version.pk, "label": "Mine"}).status_code == 302


# Registering ------------------------------------------------------------------------------------
FORM = {"name": "First lines", "config-method": "lead", "config-sentences": "3"}
REGISTER = "/systems/new/?adapter=extractive-summary"


def test_a_system_is_registered_by_a_form_that_asks_what_its_adapter_needs(study: Study) -> None:
    client = signed_in(study.created_by)
    assert "Which" not in client.get("/systems/new/").content.decode()
    page = client.get(REGISTER).content.decode()
    assert "First sentences" in page
    answer = client.post(REGISTER, FORM | {"aliases": "FL-1\nFirstLine"})
    assert answer.headers["Location"] == "/systems/first-lines/"
    system = System.objects.get()
    assert system.aliases == ["FL-1", "FirstLine"]
    assert system.versions.get().config["sentences"] == 3


def test_registered_from_a_study_it_takes_part_at_once(study: Study) -> None:
    answer = signed_in(study.created_by).post(REGISTER + "&study=notes", FORM)
    assert answer.headers["Location"] == "/studies/notes/manage/systems/"
    assert study.study_systems.get().label == "First lines"


def test_from_a_study_only_adapters_that_fit_it_are_offered(study: Study) -> None:
    client = signed_in(study.created_by)
    page = client.get("/systems/new/?study=notes").content.decode()
    assert "Extractive summary" in page
    assert "Image segmentation" not in page
    other = client.get("/systems/new/?adapter=segmentation&study=notes", follow=True)
    assert other.redirect_chain == [("/systems/new/?study=notes", 302)]
    assert "“Image segmentation” does not answer what “Study notes” asks." in other.content.decode()
    assert client.get("/systems/new/?adapter=nonsense&study=notes").status_code == 404


def test_other_settings_become_the_next_version_and_equal_ones_do_not(study: Study) -> None:
    client = signed_in(study.created_by)
    for sentences in ("3", "4", "4"):
        client.post(REGISTER, FORM | {"config-sentences": sentences})
    assert System.objects.get().versions.count() == 2
    again = client.get(REGISTER + "&system=first-lines").content.decode()
    assert 'value="4"' in again


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "This field is required"),
        ({"config-method": "magic"}, "Select a valid choice"),
        ({"config-sentences": "many"}, "Enter a number"),
        ({"slug": "not a slug"}, "valid “slug”"),
        ({"name": "☤"}, "Give another short name"),
        ({"slug": "new"}, "Give another short name"),
        ({"homepage": "javascript:alert(1)"}, "Enter a valid URL"),
    ],
)
def test_a_faulty_form_says_what_to_mend_and_stores_nothing(
    study: Study, change: dict[str, str], said: str
) -> None:
    answer = signed_in(study.created_by).post(REGISTER, FORM | change)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not System.objects.exists()


def test_a_faulty_field_mapping_is_told_beside_its_field(study: Study) -> None:
    mapping = {"config-request": '{"a": "{tekst}"}', "config-record": '{"text": "$.answer"}'}
    form = {"name": "Service", "config-base_url": "https://models.example.org/p", **mapping}
    client = signed_in(study.created_by)
    answer = client.post("/systems/new/?adapter=http-json", form)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "request.a: {tekst} is not known" in page
    assert answer.context["form"].errors.keys() == {"config-request"}


def test_the_short_name_of_somebody_elses_system_is_refused(study: Study) -> None:
    other = world.coordinator("other@example.org")
    world.system(study, "first-lines", by=other)
    answer = signed_in(study.created_by).post(REGISTER, FORM)
    assert "of somebody else" in answer.content.decode()


def test_registering_is_for_those_who_run_a_study(study: Study, rater: User) -> None:
    assert signed_in(rater).get("/systems/new/").status_code == 403
    assert Client().get("/systems/new/").status_code == 302


# The study's tab --------------------------------------------------------------------------------
TAB = "/studies/notes/manage/systems/"


def test_a_coordinator_adds_starts_cancels_retries_and_withdraws(study: Study) -> None:
    client = signed_in(study.created_by)
    world.cases(study, 3)
    client.post(REGISTER, FORM)
    version = System.objects.get().versions.get()
    client.post(TAB, {"version": version.pk, "label": "System A"})
    held = study.study_systems.get()
    assert held.label == "System A"
    client.post(TAB + "step/", {"step": "start"})
    assert world.statuses(study) == {"queued": 3}
    client.post(TAB + "step/", {"step": "cancel", "system": held.pk})
    assert world.statuses(study) == {"cancelled": 3}
    client.post(TAB + "step/", {"step": "retry"})
    assert world.statuses(study) == {"queued": 3}
    client.post(f"{TAB}{held.pk}/withdraw/")
    held.refresh_from_db()
    assert held.withdrawn_at


def test_a_step_that_cannot_be_taken_is_told(study: Study, held: StudySystem) -> None:
    move(study, "closed")
    page = signed_in(study.created_by).post(TAB + "step/", {"step": "start"}, follow=True)
    assert "is closed: it takes no new outputs" in page.content.decode()
    assert signed_in(study.created_by).post(TAB + "step/", {"step": "x"}).status_code == 404


def test_a_withdrawn_system_can_be_added_again(study: Study, held: StudySystem) -> None:
    study_system_withdraw(study_system=held, by=study.created_by)
    client = signed_in(study.created_by)
    client.post(TAB, {"version": held.version_id})
    held.refresh_from_db()
    assert held.withdrawn_at is None


def test_the_system_of_another_study_cannot_be_reached_through_mine(study: Study) -> None:
    foreign = world.system(world.study("other"), "foreign")
    client = signed_in(study.created_by)
    assert client.post(f"{TAB}{foreign.pk}/withdraw/").status_code == 404
    step = {"step": "cancel", "system": foreign.pk}
    assert client.post(TAB + "step/", step).status_code == 404


def test_a_system_nobody_may_know_of_cannot_be_added(study: Study) -> None:
    other = world.coordinator("other@example.org")
    secret = world.system(world.study("other"), "secret", by=other).version
    answer = signed_in(study.created_by).post(TAB, {"version": secret.pk})
    assert answer.status_code == 400
    assert not study.study_systems.exists()


def upload(client: Client, held: StudySystem, text: str, name: str = "outputs.jsonl"):
    file = SimpleUploadedFile(name, text.encode())
    return client.post(f"{TAB}{held.pk}/outputs/", {f"{held.pk}-file": file})


def test_outputs_made_elsewhere_are_uploaded_whole_or_not_at_all(study: Study) -> None:
    world.cases(study, 2)
    held = world.system(study, "elsewhere", adapter="precomputed")
    client = signed_in(study.created_by)
    lines = [json.dumps({"case": f"case-{n}", "text": f"Answer {n}"}) for n in range(2)]
    bad = upload(client, held, lines[0] + "\n" + lines[1].replace("case-1", "case-9"))
    assert bad.status_code == 400
    assert "outputs.jsonl, row 2" in bad.content.decode()
    assert not Generation.objects.exists()
    assert upload(client, held, "\n".join(lines)).status_code == 302
    assert world.statuses(study) == {"succeeded": 2}


def test_an_upload_above_the_limit_is_refused(study: Study, settings) -> None:
    settings.UPLOAD_LIMIT_BYTES = 10
    held = world.system(study, "elsewhere", adapter="precomputed")
    answer = upload(signed_in(study.created_by), held, "x" * 11)
    assert "is larger than" in answer.content.decode()


# Progress ---------------------------------------------------------------------------------------
def test_progress_asks_again_while_something_is_under_way_and_then_stops(
    study: Study, held: StudySystem
) -> None:
    world.cases(study, 2)
    generation_request(study=study)
    client = signed_in(study.created_by)
    assert 'hx-trigger="every 2s"' in client.get(TAB + "progress/").content.decode()
    Generation.objects.update(status="succeeded", record={"text": "x"})
    assert "hx-get" not in client.get(TAB + "progress/").content.decode()


def test_failures_are_told_by_system_class_and_words_and_are_escaped(
    study: Study, held: StudySystem
) -> None:
    world.cases(study, 3)
    generation_request(study=study)
    Generation.objects.update(status="failed", failure="crashed", error="<b>boom</b>")
    page = signed_in(study.created_by).get(TAB + "progress/").content.decode()
    assert "Sentence graph</strong>, crashed, 3 cases (such as case-0)" in page
    assert "&lt;b&gt;boom&lt;/b&gt;" in page


def test_the_tab_costs_the_same_number_of_queries_for_more_cases_and_systems(
    study: Study, held: StudySystem, django_assert_max_num_queries
) -> None:
    client = signed_in(study.created_by)
    client.get(TAB)
    world.cases(study, 30)
    for number in range(5):
        world.system(study, f"more-{number}", **CONFIG)
    generation_request(study=study)
    with django_assert_max_num_queries(30):
        client.get(TAB)


def test_no_upload_of_ours_is_left_in_the_temporary_folder(study: Study, tmp_path: Path) -> None:
    held = world.system(study, "elsewhere", adapter="precomputed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(tmp_path))
        upload(signed_in(study.created_by), held, "not json")
    assert list(tmp_path.iterdir()) == []


def test_adding_a_system_is_within_reach_at_the_top(study: Study, held: StudySystem) -> None:
    page = signed_in(study.created_by).get(f"/studies/{study.slug}/manage/systems/")
    said = page.content.decode()
    assert said.index('href="#add-title"') < said.index('id="progress-title"')
    assert 'id="add-title"' in said
