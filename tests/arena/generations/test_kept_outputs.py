"""A file of outputs whose columns are to be named is sent once, used once, by one person."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import ProtectedError
from django.test import Client
from django.utils import timezone

from arena.accounts.models import User
from arena.generations.models import Generation, StudySystem
from arena.studies.models import KeptUpload, Membership, Study
from arena.studies.services import uploads_forget
from tests.arena.generations import world

pytestmark = pytest.mark.django_db

TAB = "/studies/notes/manage/systems/"
OTHERWISE = b"Nr,Antwort\ncase-0,Rest.\ncase-1,Fluids.\n"
NAMED = "case=Nr, text=Antwort"


@pytest.fixture
def study() -> Study:
    made = world.study()
    world.cases(made, 2)
    Membership.objects.create(study=made, user=made.created_by, role="coordinator")
    return made


@pytest.fixture
def held(study: Study) -> StudySystem:
    return world.system(study, "elsewhere", adapter="precomputed")


@pytest.fixture
def other(study: Study) -> StudySystem:
    return world.system(study, "another", adapter="precomputed")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def client(study: Study) -> Client:
    return signed_in(study.created_by)


def bring(client: Client, held: StudySystem, data: bytes = OTHERWISE, name: str = "o.csv") -> str:
    """Send a file that is refused; what the page says."""
    file = SimpleUploadedFile(name, data)
    page = client.post(f"{TAB}{held.pk}/outputs/", {f"{held.pk}-file": file})
    assert page.status_code == 400
    return page.content.decode()


def name_columns(
    client: Client, held: StudySystem, key: object = None, columns: str = NAMED
) -> str:
    key = key or KeptUpload.objects.get().key
    given = {f"{held.pk}-kept": str(key), f"{held.pk}-columns": columns}
    return client.post(f"{TAB}{held.pk}/outputs/", given, follow=True).content.decode()


def test_columns_are_named_without_sending_the_file_again(
    client: Client, held: StudySystem
) -> None:
    page = bring(client, held)
    assert "is kept for you until" in page and "Upload o.csv, or the file chosen now" in page
    path = KeptUpload.objects.get().file.name
    assert "was named as" in name_columns(client, held, columns="case=Nr, text=Antwrt")
    assert "2 outputs of “elsewhere” are stored" in name_columns(client, held)
    assert Generation.objects.count() == 2
    assert not KeptUpload.objects.exists() and not default_storage.exists(path)


def test_it_is_still_there_when_the_page_is_opened_again(
    client: Client, held: StudySystem, other: StudySystem
) -> None:
    bring(client, held)
    page = client.get(TAB).content.decode()
    assert page.count("is kept for you until") == 1
    assert page.index(f'id="outputs-{held.pk}" open') < page.index("is kept for you until")
    assert f'name="{held.pk}-kept"' in page and f'name="{other.pk}-kept"' not in page


def test_a_second_click_stores_nothing_twice(client: Client, held: StudySystem) -> None:
    bring(client, held)
    key = KeptUpload.objects.get().key
    name_columns(client, held)
    assert "was imported already" in name_columns(client, held, key)
    assert Generation.objects.count() == 2


def test_it_serves_its_own_system_alone(
    client: Client, held: StudySystem, other: StudySystem
) -> None:
    bring(client, held)
    assert "is gone" in name_columns(client, other)
    assert not Generation.objects.exists()
    bring(client, other, name="p.csv")
    assert [kept.name for kept in KeptUpload.objects.all()] == ["p.csv"]


def test_only_whoever_brought_it_may_use_or_see_it(
    client: Client, study: Study, held: StudySystem
) -> None:
    bring(client, held)
    second = User.objects.create_user("second@example.org")
    Membership.objects.create(study=study, user=second, role="coordinator")
    for user in (second, User.objects.create_superuser("admin@example.org")):
        assert "o.csv" not in signed_in(user).get(TAB).content.decode()
        assert "is gone" in name_columns(signed_in(user), held)
        signed_in(user).post(f"{TAB}{held.pk}/outputs/forget/")
    rater = User.objects.create_user("rater@example.org")
    Membership.objects.create(study=study, user=rater, role="rater")
    given = {f"{held.pk}-kept": str(KeptUpload.objects.get().key)}
    assert signed_in(rater).post(f"{TAB}{held.pk}/outputs/", given).status_code in {403, 404}
    assert not Generation.objects.exists()
    assert "2 outputs" in name_columns(client, held)


def test_it_goes_after_an_hour_and_on_wish(client: Client, held: StudySystem) -> None:
    bring(client, held)
    KeptUpload.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    assert "is gone" in name_columns(client, held)
    assert uploads_forget() == 1
    bring(client, held)
    page = client.post(f"{TAB}{held.pk}/outputs/forget/", follow=True).content.decode()
    assert "o.csv is kept no longer" in page and not KeptUpload.objects.exists()


def test_cases_and_outputs_are_kept_beside_each_other(
    client: Client, study: Study, held: StudySystem
) -> None:
    cases = SimpleUploadedFile("c.csv", b"Nr,Notiz\na,Cough.\n")
    client.post("/studies/notes/manage/cases/", {"file": cases})
    bring(client, held)
    assert sorted(kept.name for kept in KeptUpload.objects.all()) == ["c.csv", "o.csv"]
    assert "o.csv" not in client.get("/studies/notes/manage/cases/").content.decode()
    with pytest.raises(ProtectedError):
        study.created_by.delete()


def test_a_file_that_must_be_mended_or_is_too_large_is_not_kept(
    client: Client, held: StudySystem, settings
) -> None:
    bring(client, held, b"case,text\ncase-9,Rest.\n")
    bring(client, held, b"case,text\ncase-9,Rest.\ncase-8,Rest.\n")
    settings.UPLOAD_LIMIT_BYTES = 10
    bring(client, held)
    assert not KeptUpload.objects.exists()


def test_a_new_file_goes_before_the_kept_one(client: Client, held: StudySystem) -> None:
    bring(client, held)
    given = {
        f"{held.pk}-kept": str(KeptUpload.objects.get().key),
        f"{held.pk}-file": SimpleUploadedFile("new.csv", b"case,text\ncase-1,Rest.\n"),
    }
    page = client.post(f"{TAB}{held.pk}/outputs/", given, follow=True).content.decode()
    assert "1 output of “elsewhere” is stored" in page


def test_a_made_up_key_and_no_file_are_refused(client: Client, held: StudySystem) -> None:
    assert "is gone" in name_columns(client, held, uuid4())
    for given in ({}, {f"{held.pk}-kept": "x"}):
        assert client.post(f"{TAB}{held.pk}/outputs/", given).status_code == 400
