"""The coordinator's cases: import, look, search, withdraw."""

import io
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from arena.accounts.models import User
from arena.studies.models import CaseVersion, Study
from arena.studies.services import (
    study_create,
)

pytestmark = pytest.mark.django_db


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
        accepted = {"kept": page.context["kept"].key, "accept_phi_findings": "on"}
        page = people["coordinator"].post(self.url, accepted, follow=True)
        assert b"1 case imported" in page.content
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

    def test_each_case_is_listed_once_in_order_by_its_newest_version(
        self, people: dict[str, Client]
    ) -> None:
        for text in ("Cough", "Cold"):
            rows = "".join(f"case-{n},{text} {n}\n" for n in range(3))
            people["coordinator"].post(self.url, upload("c.csv", f"key,text\n{rows}".encode()))
        listed = people["coordinator"].get(self.url).context["page"]
        assert [(v.case.key, v.number) for v in listed] == [(f"case-{n}", 2) for n in range(3)]
        assert listed.paginator.count == 3

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
        assert answer.content.startswith(b"\x89PNG")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert people["stranger"].get(address).status_code == 404
        assert client.get(address.replace("/images/", "/notes/", 1)).status_code == 404
