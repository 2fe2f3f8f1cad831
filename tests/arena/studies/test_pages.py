"""Each page answers each role as the access table says, and does what its buttons promise."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from arena.accounts.models import User
from arena.studies.models import CaseVersion, Invitation, Membership, Study
from arena.studies.services import (
    case_add,
    invitation_create,
    member_add,
    protocol_create,
    study_create,
)
from tests.arena.studies.conftest import CRITERIA

pytestmark = pytest.mark.django_db

ROLES = ("public", "stranger", "rater", "coordinator", "admin")
SIGN_IN, OK, FORBIDDEN, HIDDEN = 302, 200, 403, 404
MANAGE = ("study-manage", "manage-overview", "manage-protocol", "manage-cases", "manage-raters")


@pytest.fixture
def people(coordinator: User, rater: User, note_study: Study) -> dict[str, Client]:
    member_add(study=note_study, user=rater, role="rater", by=coordinator)
    users = {
        "stranger": User.objects.create_user("stranger@example.org"),
        "rater": rater,
        "coordinator": coordinator,
        "admin": User.objects.create_superuser("admin@example.org"),
    }
    clients = {role: Client() for role in ROLES}
    for role, user in users.items():
        clients[role].force_login(user)
    return clients


def set_status(study: Study, status: str, visibility: str = "private") -> None:
    """Whatever the services would ask for first is tested with them."""
    now = timezone.now()
    Study.objects.filter(pk=study.pk).update(
        status=status, visibility=visibility, opened_at=now, closed_at=now
    )


@pytest.mark.parametrize(
    ("status", "visibility", "expected"),
    [
        ("draft", "private", (HIDDEN, HIDDEN, HIDDEN, OK, OK)),
        ("draft", "public", (HIDDEN, HIDDEN, HIDDEN, OK, OK)),
        ("open", "private", (HIDDEN, HIDDEN, OK, OK, OK)),
        ("open", "public", (OK, OK, OK, OK, OK)),
        ("closed", "private", (HIDDEN, HIDDEN, OK, OK, OK)),
        ("archived", "public", (OK, OK, OK, OK, OK)),
    ],
)
def test_who_sees_a_study(
    people: dict[str, Client],
    note_study: Study,
    status: str,
    visibility: str,
    expected: tuple[int, ...],
) -> None:
    set_status(note_study, status, visibility)
    seen = tuple(people[role].get("/studies/notes/").status_code for role in ROLES)
    assert seen == expected


@pytest.mark.parametrize("name", MANAGE)
@pytest.mark.parametrize(
    ("visibility", "expected"),
    [
        ("private", (SIGN_IN, HIDDEN, FORBIDDEN, OK, OK)),
        ("public", (SIGN_IN, FORBIDDEN, FORBIDDEN, OK, OK)),
    ],
)
def test_who_manages_an_open_study(
    people: dict[str, Client],
    note_study: Study,
    name: str,
    visibility: str,
    expected: tuple[int, ...],
) -> None:
    set_status(note_study, "open", visibility)
    seen = tuple(people[role].get(reverse(name, args=["notes"])).status_code for role in ROLES)
    assert seen == expected


def posts(study: Study, version: CaseVersion) -> dict[str, tuple[str, ...]]:
    invitation, _ = invitation_create(study=study, by=study.created_by)
    member = study.memberships.get(role="rater")
    return {
        "study-join": (study.slug,),
        "manage-step": (study.slug,),
        "manage-case-withdraw": (study.slug, str(version.case_id)),
        "manage-member-remove": (study.slug, str(member.pk)),
        "manage-invitation-revoke": (study.slug, str(invitation.pk)),
    }


def test_only_those_who_manage_may_change_anything(
    people: dict[str, Client], note_study: Study, note: Callable[[], CaseVersion]
) -> None:
    set_status(note_study, "open")
    for name, args in posts(note_study, note()).items():
        url = reverse(name, args=args)
        assert people["public"].post(url).status_code == SIGN_IN, name
        assert people["stranger"].post(url).status_code == HIDDEN, name
        assert people["rater"].post(url).status_code == FORBIDDEN, name
        assert people["coordinator"].get(url).status_code == 405, name


def test_an_object_of_another_study_is_not_reached_through_ones_own(
    people: dict[str, Client],
    note_study: Study,
    image_study: Study,
    note: Callable[[], CaseVersion],
) -> None:
    """The coordinator runs both; still the address must name the right study."""
    for name, (_, *rest) in posts(note_study, note()).items():
        if rest:
            url = reverse(name, args=["images", *rest])
            assert people["coordinator"].post(url).status_code == 404, name


@pytest.fixture
def note(note_study: Study) -> Callable[[], CaseVersion]:
    def add(key: str = "a") -> CaseVersion:
        return case_add(
            study=note_study,
            by=note_study.created_by,
            key=key,
            input_kind="clinical-note",
            content={"text": "HISTORY:\nCough <script>alert(1)</script>\n\nPLAN:\nRest."},
        )

    return add


class TestNewStudy:
    form = {
        "title": "Discharge summaries",
        "question": "Which would you rather send?",
        "input_kind": "clinical-note",
        "output_kind": "summary",
        "scale": "five",
        "votes_per_comparison": "3",
        "target_votes": "0",
        "least_seconds": "0",
        "least_verification": "0",
        "visibility": "private",
        "criteria-TOTAL_FORMS": "2",
        "criteria-INITIAL_FORMS": "0",
        "criteria-0-label": "Overall",
        "criteria-0-required": "on",
        "criteria-1-label": "",
    }

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
        answer = people["coordinator"].post("/studies/new/", self.form)
        assert answer.status_code == 302, answer.context["form"].errors

        study = Study.objects.get(slug="discharge-summaries")
        assert study.protocols.get().criteria.get().label == "Overall"
        assert people["coordinator"].get(answer.url).status_code == 200

    def test_a_second_study_of_the_same_title_gets_its_own_address(
        self, people: dict[str, Client]
    ) -> None:
        for _ in range(2):
            people["coordinator"].post("/studies/new/", self.form)
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
        answer = people["coordinator"].post("/studies/new/", {**self.form, **fault})
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
        form = {**TestNewStudy.form, "specialties": "Cardiology, Internal medicine"}
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
        form = {**TestNewStudy.form, "question": ""}
        assert people["coordinator"].post(self.url, form).status_code == 400


def upload(name: str, data: bytes, **more: str) -> dict[str, object]:
    return {"file": SimpleUploadedFile(name, data), **more}


class TestCasesPage:
    url = "/studies/notes/manage/cases/"

    def test_a_table_is_imported_and_listed(self, people: dict[str, Client]) -> None:
        page = people["coordinator"].post(
            self.url, upload("c.csv", b"key,text\na,Cough\nb,Pain\n"), follow=True
        )
        assert b"2 cases imported" in page.content
        assert [v.case.key for v in page.context["page"]] == ["a", "b"]

    def test_a_fault_is_told_with_its_row_and_nothing_is_stored(
        self, people: dict[str, Client]
    ) -> None:
        page = people["coordinator"].post(self.url, upload("c.csv", b"key,text\na,Cough\nb,\n"))
        assert page.status_code == 400
        assert "c.csv, row 3, column &#x27;text&#x27;: is empty" in page.content.decode()
        assert not CaseVersion.objects.exists()

    def test_identifiers_stop_the_import_until_a_person_takes_them_on(
        self, people: dict[str, Client]
    ) -> None:
        data = b"key,text\na,Call 555-123-4567 for Mr. Smith\n"
        page = people["coordinator"].post(self.url, upload("c.csv", data))
        assert page.status_code == 400
        assert {f.kind for f in page.context["findings"]} == {"telephone number", "name"}
        assert not CaseVersion.objects.exists()
        people["coordinator"].post(self.url, upload("c.csv", data, accept_phi_findings="on"))
        assert CaseVersion.objects.exists()

    def test_no_file_and_faulty_columns_are_told(self, people: dict[str, Client]) -> None:
        assert people["coordinator"].post(self.url).status_code == 400
        answer = people["coordinator"].post(self.url, upload("c.csv", b"x", columns="key"))
        assert b"is not of the form KEY=NAME" in answer.content

    def test_a_study_without_protocol_says_what_comes_first(
        self, people: dict[str, Client], coordinator: User
    ) -> None:
        study_create(by=coordinator, slug="bare", title="Bare")
        page = people["coordinator"].get("/studies/bare/manage/cases/")
        assert b"Write the" in page.content
        page = people["coordinator"].post("/studies/bare/manage/cases/", upload("c.csv", b"k,t\n"))
        assert page.status_code == 400

    def test_listing_costs_the_same_for_one_case_and_for_forty(
        self,
        people: dict[str, Client],
        note: Callable[..., CaseVersion],
        django_assert_max_num_queries: Callable[[int], object],
    ) -> None:
        def queries() -> int:
            with django_assert_max_num_queries(30) as captured:  # type: ignore[attr-defined]
                people["coordinator"].get(self.url)
            return len(captured)

        note("first")
        few = queries()
        for number in range(39):
            note(f"case-{number}")
        assert queries() == few

    def test_pages_and_search(self, people: dict[str, Client]) -> None:
        rows = "".join(f"case-{n},Cough {n}\n" for n in range(60))
        people["coordinator"].post(self.url, upload("c.csv", f"key,text\n{rows}".encode()))
        assert (
            len(people["coordinator"].get(f"{self.url}?page=2").context["page"].object_list) == 10
        )
        found = people["coordinator"].get(f"{self.url}?q=case-59").context["page"].object_list
        assert [v.case.key for v in found] == ["case-59"]

    def test_a_case_is_shown_with_its_script_as_text(
        self, people: dict[str, Client], note: Callable[[], CaseVersion]
    ) -> None:
        page = people["coordinator"].get(f"{self.url}{note().case_id}/").content.decode()
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page
        assert "Sections of the note" not in page

    def test_a_case_is_withdrawn_with_a_reason(
        self, people: dict[str, Client], note: Callable[[], CaseVersion]
    ) -> None:
        case = note().case
        url = f"{self.url}{case.pk}/withdraw/"
        people["coordinator"].post(url, {"reason": ""})
        case.refresh_from_db()
        assert case.withdrawn_at is None
        page = people["coordinator"].post(url, {"reason": "names a patient"}, follow=True)
        assert b"names a patient" in page.content

    def test_an_image_is_served_to_the_coordinator_only(
        self, people: dict[str, Client], image_study: Study, note_study: Study
    ) -> None:
        buffer = io.BytesIO()
        Image.new("RGB", (8, 6), "red").save(buffer, format="JPEG")
        client = people["coordinator"]
        client.post("/studies/images/manage/cases/", upload("x.jpg", buffer.getvalue()))
        version = CaseVersion.objects.get()
        page = client.get(f"/studies/images/manage/cases/{version.case_id}/")
        address = page.context["pane"]["image"]["url"]
        answer = client.get(address)
        assert b"".join(answer.streaming_content).startswith(b"\x89PNG")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert people["stranger"].get(address).status_code == 404
        assert client.get(address.replace("/images/", "/notes/", 1)).status_code == 404


class TestRatersPage:
    url = "/studies/notes/manage/raters/"

    def test_a_link_is_shown_once_and_makes_a_rater(
        self, people: dict[str, Client], note_study: Study
    ) -> None:
        fields = {"role": "rater", "uses": "5", "days": "14"}
        page = people["coordinator"].post(self.url, fields)
        link = page.context["link"]
        token = link.rstrip("/").rpartition("/")[2]
        assert token not in people["coordinator"].get(self.url).content.decode()
        set_status(note_study, "open")
        assert people["stranger"].get(link).status_code == 200
        assert Invitation.objects.get().uses_left == 5
        assert people["stranger"].post(link).status_code == 302
        assert Membership.objects.filter(user__email="stranger@example.org", role="rater").exists()

    def test_a_visitor_signs_in_before_accepting(
        self, people: dict[str, Client], note_study: Study
    ) -> None:
        _, token = invitation_create(study=note_study, by=note_study.created_by)
        answer = people["public"].get(f"/join/{token}/")
        assert answer.status_code == 302 and f"/join/{token}/" in answer.url

    def test_a_dead_link_says_so(self, people: dict[str, Client], note_study: Study) -> None:
        invitation, token = invitation_create(study=note_study, by=note_study.created_by)
        Invitation.objects.filter(pk=invitation.pk).update(
            expires_at=timezone.now() - timedelta(days=1)
        )
        assert people["stranger"].get(f"/join/{token}/").status_code == 404
        answer = people["stranger"].post(f"/join/{token}/")
        assert answer.status_code == 400 and b"has expired" in answer.content

    def test_faulty_invitations_are_told(self, people: dict[str, Client]) -> None:
        fields = {"role": "rater", "uses": "2", "days": "14", "email": "a@example.org"}
        assert b"can be used once" in people["coordinator"].post(self.url, fields).content
        assert people["coordinator"].post(self.url, {**fields, "uses": "0"}).status_code == 400

    def test_members_and_links_are_taken_back(
        self, people: dict[str, Client], note_study: Study
    ) -> None:
        for name, args in (
            ("manage-member-remove", [note_study.memberships.get(role="rater").pk]),
            (
                "manage-invitation-revoke",
                [invitation_create(study=note_study, by=note_study.created_by)[0].pk],
            ),
        ):
            people["coordinator"].post(reverse(name, args=["notes", *args]))
        assert not note_study.memberships.filter(role="rater").exists()
        assert Invitation.objects.get().revoked_at
        last = note_study.memberships.get()
        page = people["coordinator"].post(
            reverse("manage-member-remove", args=["notes", last.pk]), follow=True
        )
        assert b"needs a coordinator" in page.content


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
