"""The list of studies, a study's own page, and the form for a new one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from arena.accounts.models import User
from arena.studies.models import Study
from arena.studies.services import (
    protocol_create,
    study_create,
    study_mark_simulated,
)
from tests.arena.studies.conftest import CRITERIA, FORM, set_status

pytestmark = pytest.mark.django_db


class TestNewStudy:
    def test_the_form_asks_to_sign_in(self, client: Client) -> None:
        assert client.get("/studies/new/").status_code == 302

    def test_the_defaults_of_the_form_need_only_a_title_and_two_kinds(
        self, people: dict[str, Client]
    ) -> None:
        page = people["coordinator"].get("/studies/new/").context
        forms = [
            page["form"],
            page["protocol"],
            page["criteria"].management_form,
            *page["criteria"],
        ]
        shown = {field.html_name: field.value() for form in forms for field in form}
        filled = {k: v for k, v in shown.items() if v is not None and v is not False}
        needed = {"title": "T", "input_kind": "text", "output_kind": "summary"}
        answer = people["coordinator"].post("/studies/new/", filled | needed)
        assert answer.status_code == 302, answer.context["form"].errors

        assert Study.objects.get(slug="t").protocols.get().criteria.count() == 4

    def test_a_filled_form_makes_a_draft_with_its_protocol(self, people: dict[str, Client]) -> None:
        answer = people["coordinator"].post("/studies/new/", FORM)
        assert answer.status_code == 302, answer.context["form"].errors

        study = Study.objects.get(slug="discharge-summaries")
        assert study.protocols.get().criteria.get().label == "Overall"
        assert people["coordinator"].get(answer.url).status_code == 200

    def test_a_second_study_of_the_same_title_gets_its_own_address(
        self, people: dict[str, Client]
    ) -> None:
        for _ in range(2):
            people["coordinator"].post("/studies/new/", FORM)
        assert Study.objects.filter(slug="discharge-summaries-2").exists()

    @pytest.mark.parametrize(
        "fault",
        [
            {"title": ""},
            {"input_kind": "tea"},
            {"criteria-0-label": ""},
            {"slug": "notes"},
            {"criteria-TOTAL_FORMS": "x"},
        ],
    )
    def test_a_faulty_form_is_shown_again_and_stores_nothing(
        self, people: dict[str, Client], fault: dict[str, str]
    ) -> None:
        answer = people["coordinator"].post("/studies/new/", {**FORM, **fault})
        assert answer.status_code == 400
        assert Study.objects.count() == 1


class TestStudies:
    def test_the_list_is_a_page_and_for_htmx_only_itself(
        self, people: dict[str, Client], note_study: Study
    ) -> None:
        page = people["coordinator"].get("/studies/").content.decode()
        part = people["coordinator"].get("/studies/", headers={"HX-Request": "true"})
        assert "<html" in page and "Study of notes" in page
        assert "<html" not in part.content.decode() and b"Study of notes" in part.content
        assert b"Study of notes" not in people["public"].get("/studies/").content

    def test_the_list_costs_the_same_for_one_study_and_for_ten(
        self,
        people: dict[str, Client],
        coordinator: User,
        django_assert_max_num_queries: Callable[[int], object],
    ) -> None:
        def queries() -> int:
            with django_assert_max_num_queries(20) as captured:  # type: ignore[attr-defined]
                people["coordinator"].get("/studies/")
            return len(captured)

        few = queries()
        for number in range(9):
            study_create(by=coordinator, slug=f"s{number}", title="S")
        assert queries() == few


class TestStudyPage:
    def test_each_role_gets_its_next_step(
        self, people: dict[str, Client], note_study: Study
    ) -> None:
        assert b"Continue setting up" in people["coordinator"].get("/studies/notes/").content
        set_status(note_study, "open", "public")
        assert b"Start voting" in people["rater"].get("/studies/notes/").content
        assert b"Sign in to vote" in people["public"].get("/studies/notes/").content
        assert b"Clinicians vote by invitation" in people["stranger"].get("/studies/notes/").content
        assert b"Become a rater" in people["coordinator"].get("/studies/notes/").content

    def test_no_votes_are_taken_from_the_day_after_the_approval_ends(
        self, people: dict[str, Client], note_study: Study
    ) -> None:
        set_status(note_study, "open")
        today = timezone.localdate()
        for ends, taken in ((today, True), (today - timedelta(days=1), False)):
            Study.objects.update(ethics_expires_on=ends)
            page = people["rater"].get("/studies/notes/").content
            assert (b"Start voting" in page) is taken
            assert (b"Ethics approval ended" in page) is not taken

    def test_a_coordinator_can_become_a_rater(
        self, people: dict[str, Client], note_study: Study, coordinator: User
    ) -> None:
        people["coordinator"].post("/studies/notes/join/")
        roles = set(note_study.memberships.filter(user=coordinator).values_list("role", flat=True))
        assert roles == {"coordinator", "rater"}

    def test_research_only_and_synthetic_are_said(
        self, people: dict[str, Client], note_study: Study
    ) -> None:
        Study.objects.update(synthetic=True)
        page = people["coordinator"].get("/studies/notes/").content.decode()
        assert "Research only" in page and "Synthetic cases" in page and "SIMULATED" not in page


def test_instructions_are_formatted_and_harmless(
    people: dict[str, Client], note_study: Study, coordinator: User
) -> None:
    protocol_create(
        study=note_study,
        by=coordinator,
        input_kind="clinical-note",
        output_kind="summary",
        question="Which?",
        criteria=CRITERIA,
        instructions="Flag **whatever** could harm. <script>alert(1)</script>",
    )
    page = people["coordinator"].get(reverse("study", args=[note_study.slug])).content.decode()
    assert "<strong>whatever</strong>" in page
    assert "<script>alert" not in page


def test_a_study_with_simulated_votes_says_so_on_each_of_its_pages(
    people: dict[str, Client], note_study: Study
) -> None:
    names = (
        *("study", "leaderboard", "agreement", "exports", "study-manage", "manage-protocol"),
        *("manage-cases", "manage-systems", "manage-raters", "manage-results"),
    )
    pages = [*(reverse(name, args=["notes"]) for name in names), "/", "/studies/"]

    def marked() -> set[str]:
        found = {url: people["coordinator"].get(url, follow=True).content for url in pages}
        return {url for url, html in found.items() if b"SIMULATED" in html}

    assert marked() == set()
    study_mark_simulated(study=note_study)
    assert marked() == set(pages)
    answer = people["coordinator"].get("/api/v1/studies/notes/").json()
    assert answer["holds_simulated_votes"] is True
