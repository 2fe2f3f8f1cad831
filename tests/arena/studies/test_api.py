"""The API shows and takes what the pages do, by the same table of who may."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from arena.accounts.models import User
from arena.accounts.tokens import token_create
from arena.studies.models import CaseVersion, Study
from arena.studies.services import case_add, member_add

pytestmark = pytest.mark.django_db
CASES = "/api/v1/studies/notes/cases/"


@pytest.fixture
def clients(coordinator: User, rater: User, note_study: Study) -> dict[str, Client]:
    member_add(study=note_study, user=rater, role="rater", by=coordinator)
    users = {"rater": rater, "coordinator": coordinator}
    tokens = {role: token_create(user=user) for role, user in users.items()}
    signed = {r: Client(headers={"Authorization": f"Token {t}"}) for r, t in tokens.items()}
    return {"public": Client(), **signed}


def change(study: Study, **fields: object) -> None:
    now = timezone.now()
    Study.objects.filter(pk=study.pk).update(opened_at=now, closed_at=now, **fields)


def add_note(study: Study, key: str = "a") -> CaseVersion:
    content = {"text": "Cough."}
    return case_add(
        study=study, by=study.created_by, key=key, input_kind="clinical-note", content=content
    )


def test_a_draft_is_known_to_those_who_run_it_only(
    clients: dict[str, Client], note_study: Study
) -> None:
    for role, count in (("public", 0), ("rater", 0), ("coordinator", 1)):
        assert clients[role].get("/api/v1/studies/").json()["count"] == count
        expected = 200 if count else 404
        assert clients[role].get("/api/v1/studies/notes/").status_code == expected


def test_a_study_says_what_is_asked(clients: dict[str, Client], note_study: Study) -> None:
    add_note(note_study)
    change(note_study, status="open", visibility="public")
    body = clients["public"].get("/api/v1/studies/notes/").json()
    assert body["case_count"] == 1
    assert body["protocol"]["criteria"][0]["key"] == "overall"


@pytest.mark.parametrize(
    ("status", "published", "expected"),
    [
        ("draft", False, (404, 404, 200)),
        ("open", False, (403, 403, 200)),
        ("open", True, (403, 403, 200)),
        ("closed", True, (200, 200, 200)),
    ],
)
def test_cases_with_references_are_not_for_those_who_still_vote(
    clients: dict[str, Client],
    note_study: Study,
    status: str,
    published: bool,
    expected: tuple[int, ...],
) -> None:
    add_note(note_study)
    change(note_study, status=status, visibility="public", leaderboard_published=published)
    assert tuple(client.get(CASES).status_code for client in clients.values()) == expected


def test_cases_cost_the_same_for_one_and_for_thirty(
    clients: dict[str, Client],
    note_study: Study,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    def queries() -> int:
        with django_assert_max_num_queries(20) as captured:  # type: ignore[attr-defined]
            clients["coordinator"].get(CASES)
        return len(captured)

    add_note(note_study)
    few = queries()
    for number in range(29):
        add_note(note_study, key=str(number))
    assert queries() == few


def test_a_coordinator_imports_a_file(clients: dict[str, Client], note_study: Study) -> None:
    data = {"file": SimpleUploadedFile("c.csv", b"id,note\na,Cough.\n")}
    data |= {"columns": "key=id,text=note"}
    answer = clients["coordinator"].post(CASES, data)
    assert (answer.status_code, answer.json()) == (201, {"stored": 1})
    assert clients["coordinator"].get(CASES).json()["results"][0]["content"] == {"text": "Cough."}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (b"key,text\na,\n", "c.csv, row 2, column 'text': is empty"),
        (b"key,text\na,Mr. Smith\n", "1 possible identifiers"),
    ],
)
def test_a_fault_is_told_in_one_sentence(
    clients: dict[str, Client], note_study: Study, table: bytes, message: str
) -> None:
    answer = clients["coordinator"].post(CASES, {"file": SimpleUploadedFile("c.csv", table)})
    assert answer.status_code == 400
    assert message in answer.json()["detail"]
    assert not CaseVersion.objects.exists()


def test_nobody_else_imports(clients: dict[str, Client], note_study: Study) -> None:
    change(note_study, status="open")
    data = {"file": SimpleUploadedFile("c.csv", b"key,text\na,b\n")}
    assert clients["public"].post(CASES, data).status_code == 401
    assert clients["rater"].post(CASES, data).status_code == 403


def test_the_schema_describes_the_import(client: Client, db: None) -> None:
    schema = client.get("/api/schema/?format=json").json()
    assert "post" in schema["paths"]["/api/v1/studies/{slug}/cases/"]
