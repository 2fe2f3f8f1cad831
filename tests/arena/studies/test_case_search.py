"""Cases found by a text and by their state, few or many of them."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from arena.core.errors import UserError
from arena.studies import selectors
from arena.studies.models import Case, CaseVersion, Study
from arena.studies.selectors import CasePage, case_page
from arena.studies.services import case_withdraw, cases_import

URL = "/studies/notes/manage/cases/"


@pytest.fixture
def cases(note_study: Study) -> list[Case]:
    """Six in another order than they came; of the first, only a former title says “Knee”."""
    made = []
    for n, title in enumerate(["Knee", "Hip", "knee, left", "Hip", "100% sure", "Hip"]):
        case = Case.objects.create(study=note_study, key=f"c-{n}", position=9 - n)
        version(case, 1, title)
        made.append(case)
    version(made[0], 2, "Shoulder")
    return made


def version(case: Case, number: int, title: str) -> CaseVersion:
    return CaseVersion.objects.create(
        case=case,
        number=number,
        title=title,
        input_kind="clinical-note",
        content={"text": "Cough"},
        digest=f"{case.pk}-{number}",
    )


def keys(found: CasePage) -> list[str]:
    return [version.case.key for version in found.page]


def search(study: Study, text: str, **more: bool) -> CasePage:
    return case_page(study=study, number=None, size=50, containing=text, **more)


@pytest.mark.parametrize("likely", [0, 2, 100])
def test_keys_and_newest_titles_are_searched_whichever_way(
    note_study: Study, cases: list[Case], monkeypatch: pytest.MonkeyPatch, likely: int
) -> None:
    monkeypatch.setattr(selectors, "MOST_LIKELY", likely)
    found = {text: keys(search(note_study, text)) for text in ("KNEE", "hip", "c-2", "0%", "_")}
    assert found == {
        "KNEE": ["c-2"],
        "hip": ["c-5", "c-3", "c-1"],
        "c-2": ["c-2"],
        "0%": ["c-4"],
        "_": [],
    }


@pytest.mark.parametrize("likely", [2, 100])
def test_a_frequent_text_lists_the_first_and_says_that_there_are_more(
    people: dict[str, Client],
    note_study: Study,
    cases: list[Case],
    monkeypatch: pytest.MonkeyPatch,
    likely: int,
) -> None:
    monkeypatch.setattr(selectors, "MOST_LIKELY", likely)
    monkeypatch.setattr(selectors, "MOST_FOUND", 2)
    found = search(note_study, "hip")
    assert (keys(found), found.more) == (["c-5", "c-3"], True)
    page = people["coordinator"].get(f"{URL}?q=hip").content.decode()
    assert "More than 2 cases" in page
    assert "The first 2 with “hip” are listed: a longer text finds fewer." in page


def test_no_case_is_missed_whose_versions_say_the_text_many_times(
    note_study: Study, cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "MOST_LIKELY", 4)
    for number in range(2, 6):
        version(cases[1], number, f"Hip, look {number}")
    assert keys(search(note_study, "hip")) == ["c-5", "c-3", "c-1"]


@pytest.mark.parametrize("text", ["\0", "%" * 60_000, "\\", "x" * 100_000])
def test_a_text_that_no_case_can_hold_finds_none(
    people: dict[str, Client], cases: list[Case], text: str
) -> None:
    found = people["coordinator"].get(URL, {"q": text})
    assert (found.status_code, len(found.context["page"])) == (200, 0)


def test_a_search_costs_as_many_queries_for_more_cases(
    note_study: Study, cases: list[Case], monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:
    monkeypatch.setattr(selectors, "MOST_LIKELY", 2)
    with django_assert_num_queries(5):
        search(note_study, "hip")


def test_other_studies_are_not_searched(image_study: Study, cases: list[Case]) -> None:
    assert keys(search(image_study, "hip")) == []


def test_withdrawn_cases_are_summed_up_and_listed_with_their_reasons(
    people: dict[str, Client], note_study: Study, cases: list[Case]
) -> None:
    assert "withdrawn" not in people["coordinator"].get(URL).content.decode()
    for case in cases:
        assert f">{case.key}</a>" in people["coordinator"].get(URL).content.decode()
        case_withdraw(case=case, by=note_study.created_by, reason=f"Doubtful {case.key}.")
    page = people["coordinator"].get(URL).content.decode()
    assert "6 withdrawn:" in page and "and 1 before." in page
    assert page.index(">c-5</a>, ") < page.index(">c-1</a> and 1 before")
    assert "No case is in use: all are withdrawn." in page
    assert ">withdrawn</span>" in people["coordinator"].get(f"{URL}?q=c-2").content.decode()
    listed = people["coordinator"].get(f"{URL}?state=withdrawn&q=hip")
    assert [v.case.key for v in listed.context["page"]] == ["c-5", "c-3", "c-1"]
    assert "Doubtful c-5." in listed.content.decode()
    overview = people["coordinator"].get("/studies/notes/manage/").content.decode()
    assert f"{URL}?state=withdrawn#cases-heading" in overview


def test_the_filter_of_withdrawn_cases_goes_on_to_the_next_page(
    people: dict[str, Client], note_study: Study
) -> None:
    for n in range(60):
        gone = {"withdrawn_at": timezone.now(), "withdrawn_reason": "Doubtful."} if n % 6 else {}
        version(Case.objects.create(study=note_study, key=f"k{n}", position=n, **gone), 1, "a&b")
    page = people["coordinator"].get(f"{URL}?state=withdrawn&q=a%26b")
    assert page.context["page"].paginator.count == 50
    assert page.context["page"].has_other_pages() is False
    assert len(people["coordinator"].get(URL).context["page"].object_list) == 10
    page = people["coordinator"].get(f"{URL}?q=a%26b").content.decode()
    assert '?page=2&amp;q=a%26b"' in page


def test_withdrawn_cases_of_a_file_are_told_together(
    note_study: Study, note: Callable[[str], CaseVersion], tmp_path
) -> None:
    for n in range(7):
        case = note(f"k{n}").case
        case_withdraw(case=case, by=note_study.created_by, reason="Doubtful.")
    table = tmp_path / "cases.csv"
    table.write_text("key,text\nnew,Cough\n" + "".join(f"k{n},Cough\n" for n in range(7)))
    with pytest.raises(UserError) as told:
        cases_import(study=note_study, by=note_study.created_by, path=table)
    assert str(told.value) == (
        "7 cases of the file were withdrawn: 'k0', 'k1', 'k2', 'k3', 'k4' and 2 more. "
        "Leave them out, or give them other keys."
    )
    table.write_text("key,text\nnew,Cough\nk3,Cough\n")
    with pytest.raises(UserError, match=r"Case 'k3' was withdrawn \(Doubtful\.\): leave it out"):
        cases_import(study=note_study, by=note_study.created_by, path=table)
    assert not note_study.cases.filter(key="new").exists()
