"""The coordinator's overview and protocol."""

import pytest
from django.test import Client

from arena.studies.models import Study
from tests.arena.studies.conftest import CRITERIA, FORM, set_status

pytestmark = pytest.mark.django_db


def test_what_a_public_board_needs_is_not_called_optional(
    people: dict[str, Client], note_study: Study
) -> None:
    page = people["coordinator"].get("/studies/notes/manage/").content.decode()
    for label in ("Summary", "Source of the cases", "Ethics approval"):
        assert f'{label} <span class="field__optional">(needed to publish)</span>' in page
    assert 'Approval ends on <span class="field__optional">(optional)</span>' in page
    for anchor in (
        "id_summary",
        "id_case_source",
        "id_ethics",
        "id_visibility_0",
        "status-heading",
    ):
        assert f'/manage/#{anchor}"' in page and f'id="{anchor}"' in page


class TestOverview:
    def test_it_says_what_is_missing_and_refuses_to_open(self, people: dict[str, Client]) -> None:
        client = people["coordinator"]
        assert b"Import cases" in client.get("/studies/notes/manage/").content
        page = client.post("/studies/notes/manage/step/", {"step": "open"}, follow=True)
        assert b"cannot be opened yet: import cases" in page.content
        assert Study.objects.get().status == "draft"

    def test_an_unknown_step_is_not_found(self, people: dict[str, Client]) -> None:
        answer = people["coordinator"].post("/studies/notes/manage/step/", {"step": "delete"})
        assert answer.status_code == 404

    def test_closing_takes_one_confirmed_press(
        self, people: dict[str, Client], note_study: Study
    ) -> None:
        set_status(note_study, "open")
        people["coordinator"].post("/studies/notes/manage/step/", {"step": "close"})
        assert Study.objects.get().status == "closed"

    def test_what_is_said_about_a_study_can_be_changed(self, people: dict[str, Client]) -> None:
        fields = {"title": "New title", "visibility": "public", "summary": "About notes."}
        assert people["coordinator"].post("/studies/notes/manage/", fields).status_code == 302
        assert Study.objects.get().summary == "About notes."
        assert people["coordinator"].post("/studies/notes/manage/", {}).status_code == 400


class TestProtocolPage:
    url = "/studies/notes/manage/protocol/"

    def test_saving_makes_the_next_version(
        self, people: dict[str, Client], note_study: Study
    ) -> None:
        form = {**FORM, "specialties": "Cardiology, Internal medicine"}
        assert people["coordinator"].post(self.url, form).status_code == 302
        newest = note_study.protocols.order_by("-version").first()
        assert newest is not None
        assert (newest.version, newest.specialties) == (2, ["Cardiology", "Internal medicine"])
        assert note_study.protocols.get(version=1).question == "Which would you rather act on?"

    def test_the_form_starts_from_the_version_in_force(self, people: dict[str, Client]) -> None:
        page = people["coordinator"].get(self.url)
        assert page.context["form"].initial["question"] == "Which would you rather act on?"
        assert page.context["criteria"].initial[0]["key"] == CRITERIA[0]["key"]

    def test_a_faulty_version_is_not_saved(self, people: dict[str, Client]) -> None:
        form = {**FORM, "question": ""}
        assert people["coordinator"].post(self.url, form).status_code == 400
