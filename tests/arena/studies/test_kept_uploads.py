"""A file that waits for a word is sent once, used once, by one person, for an hour."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from arena.accounts.models import User
from arena.core.models import AuditEvent
from arena.studies.models import Case, CaseVersion, KeptUpload, Study
from arena.studies.services import member_add, upload_drop, uploads_forget
from tests.arena.studies.conftest import new_study
from workers.tasks.housekeeping import recover_leases

pytestmark = pytest.mark.django_db

URL = "/studies/notes/manage/cases/"
FOUND = b"key,text\na,Call Mr. Smith\n"
OTHERWISE = b"Nr,Notiz\na,Cough.\nb,Pain.\n"


@pytest.fixture
def client(people: dict[str, Client]) -> Client:
    return people["coordinator"]


def bring(client: Client, data: bytes, name: str = "c.csv", url: str = URL) -> str:
    """Send a file that is refused; the key it is kept under."""
    page = client.post(url, {"file": SimpleUploadedFile(name, data)})
    assert page.status_code == 400
    return str(page.context["kept"].key)


def accept(client: Client, key: str, url: str = URL) -> str:
    given = {"kept": key, "accept_phi_findings": "on"}
    return client.post(url, given, follow=True).content.decode()


def test_findings_are_accepted_by_one_click(client: Client) -> None:
    key = bring(client, FOUND)
    assert "1 case imported" in accept(client, key)
    event = AuditEvent.objects.get(action="cases.store")
    assert (event.detail["file"], event.detail["phi_findings_accepted"]) == ("c.csv", True)


def test_columns_are_named_without_sending_the_file_again(client: Client) -> None:
    key = bring(client, OTHERWISE)
    page = client.post(URL, {"kept": key, "columns": "key=Nr, text=Nota"})
    assert "was named as" in page.content.decode() and page.context["kept"] is not None
    page = client.post(URL, {"kept": key, "columns": "key=Nr, text=Notiz"}, follow=True)
    assert "2 cases imported" in page.content.decode()


def test_named_columns_stay_when_findings_are_accepted(client: Client) -> None:
    key = bring(client, b"Nr,Notiz\na,Call Mr. Smith\n")
    page = client.post(URL, {"kept": key, "columns": "key=Nr, text=Notiz"})
    assert 'name="columns" value="key=Nr, text=Notiz"' in page.content.decode()
    assert len(page.context["findings"]) == 1


def test_nothing_is_left_once_it_is_imported(client: Client) -> None:
    key = bring(client, FOUND)
    path = KeptUpload.objects.get().file.name
    assert default_storage.exists(path)
    accept(client, key)
    assert not KeptUpload.objects.exists() and not default_storage.exists(path)


def test_a_second_click_imports_nothing_twice(client: Client) -> None:
    key = bring(client, FOUND)
    accept(client, key)
    assert "was imported already" in accept(client, key)
    assert (Case.objects.count(), CaseVersion.objects.count()) == (1, 1)


def test_while_it_is_imported_nobody_else_may(client: Client) -> None:
    key = bring(client, FOUND)
    KeptUpload.objects.update(taken_at=timezone.now())
    assert "is being imported" in accept(client, key)
    assert not Case.objects.exists()


def test_it_goes_after_an_hour(client: Client) -> None:
    key = bring(client, FOUND)
    path = KeptUpload.objects.get().file.name
    KeptUpload.objects.update(created_at=timezone.now() - timedelta(minutes=59))
    assert uploads_forget() == 0
    KeptUpload.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    assert "is gone" in accept(client, key)
    recover_leases()
    assert not KeptUpload.objects.exists() and not default_storage.exists(path)


def test_only_whoever_brought_it_may_use_or_see_it(
    client: Client, people: dict[str, Client], note_study: Study, coordinator: User
) -> None:
    key = bring(client, FOUND)
    other = User.objects.create_user("second@example.org")
    member_add(study=note_study, user=other, role="coordinator", by=coordinator)
    second = Client()
    second.force_login(other)
    assert "c.csv" not in second.get(URL).content.decode()
    for person in (second, people["admin"]):
        assert "is gone" in accept(person, key)
    assert people["rater"].post(URL, {"kept": key}).status_code == 404
    assert not Case.objects.exists()
    assert "1 case imported" in accept(client, key)


def test_it_serves_in_its_own_study_alone(client: Client, coordinator: User) -> None:
    new_study(coordinator, "others", "clinical-note", "summary")
    key = bring(client, FOUND)
    assert "is gone" in accept(client, key, "/studies/others/manage/cases/")
    assert not Case.objects.exists()


def test_a_new_file_takes_its_place_and_is_looked_at_anew(client: Client) -> None:
    key = bring(client, FOUND)
    old = KeptUpload.objects.get().file.name
    file = SimpleUploadedFile("d.csv", b"key,text\nb,Call Mrs. Jones\n")
    page = client.post(URL, {"kept": key, "file": file, "accept_phi_findings": "on"})
    assert [finding.excerpt for finding in page.context["findings"]] == ["Mrs. Jones"]
    assert KeptUpload.objects.get().name == "d.csv" and not default_storage.exists(old)
    assert not Case.objects.exists()


def test_findings_of_one_file_never_let_another_in(client: Client) -> None:
    key = bring(client, FOUND)
    bring(client, b"key,text\nb,Call Mrs. Jones\n", "d.csv")
    assert "is gone" in accept(client, key)
    assert not Case.objects.exists()


def test_it_is_removed_on_wish(client: Client) -> None:
    key = bring(client, FOUND)
    page = client.post(f"{URL}forget/", follow=True)
    assert "c.csv is kept no longer" in page.content.decode()
    assert not KeptUpload.objects.exists()
    assert "is gone" in accept(client, key)


def test_a_file_that_must_be_mended_is_not_kept(client: Client) -> None:
    for data in (b"key,text\na,\n", b"key,text\na,\nb,\n", b"Nr,text\n", b"key,text\na,caf\xe9\n"):
        page = client.post(URL, {"file": SimpleUploadedFile("c.csv", data)})
        assert page.status_code == 400 and page.context["kept"] is None


def test_bytes_that_are_gone_are_told_as_gone(client: Client) -> None:
    key = bring(client, FOUND)
    default_storage.delete(KeptUpload.objects.get().file.name)
    assert "is gone" in accept(client, key)
    assert not KeptUpload.objects.exists()


def test_a_made_up_key_is_refused(client: Client) -> None:
    assert "is gone" in accept(client, str(uuid4()))
    assert client.post(URL, {"kept": "x"}).status_code == 400


def test_the_admin_tells_that_there_is_one_and_not_what(
    client: Client, people: dict[str, Client]
) -> None:
    key = bring(client, FOUND, "smith.csv")
    for page in ("", f"{KeptUpload.objects.get().pk}/change/"):
        answer = people["admin"].get(f"/admin/studies/keptupload/{page}")
        said = answer.content.decode()
        assert answer.status_code == 200 and "upload" in said
        assert key not in said and "smith" not in said and "kept/" not in said


def test_where_it_cannot_be_stored_nothing_is_said_to_be_kept(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(default_storage._wrapped), "save", full)  # type: ignore[attr-defined]
    page = client.post(URL, {"file": SimpleUploadedFile("c.csv", FOUND)})
    assert page.status_code == 400 and page.context["kept"] is None
    assert [finding.excerpt for finding in page.context["findings"]] == ["Mr. Smith"]
    assert "choose it again" not in page.content.decode()
    assert not KeptUpload.objects.exists()


def test_no_bytes_stay_behind_of_a_file_that_is_dropped_while_it_is_stored(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another tab keeps its own meanwhile: drops this one's row, or is about to."""
    storage, names = type(default_storage._wrapped), []  # type: ignore[attr-defined]
    plain = storage.save

    def overtaken(self: object, name: str, *args: object, **kwargs: object) -> str:
        names.append(name)
        if len(names) == 1:
            bring(client, OTHERWISE, "d.csv")
        return str(plain(self, name, *args, **kwargs))

    monkeypatch.setattr(storage, "save", overtaken)
    client.post(URL, {"file": SimpleUploadedFile("c.csv", FOUND)})
    kept = KeptUpload.objects.get()
    assert (kept.name, len(names)) == ("d.csv", 2)
    assert [name for name in names if default_storage.exists(name)] == [kept.file.name]


def test_bytes_that_come_while_their_row_goes_go_as_well(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(client, FOUND)
    kept = KeptUpload.objects.get()
    path, storage = kept.file.name, type(default_storage._wrapped)  # type: ignore[attr-defined]
    plain, late = storage.delete, [SimpleUploadedFile("c.csv", FOUND)]

    def stored_after(self: object, name: str) -> None:
        plain(self, name)
        if late:
            default_storage.save(name, late.pop())

    monkeypatch.setattr(storage, "delete", stored_after)
    upload_drop(kept=kept)
    assert not late and not default_storage.exists(path)
