"""What raters type is searched before it is stored; they decide, and what they said is recorded."""

from time import monotonic
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from arena.core.models import AuditEvent
from arena.voting.identifiers import findings_in, signature
from arena.voting.models import Ballot, Skip, Vote
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("seen on 12/03/2024", "date"),
        ("am 3. Januar gesehen", "date"),
        ("vu le 1er août", "date"),
        ("call 555-123-4567", "telephone number"),
        ("ring 020 7946 0958", "telephone number"),
        ("Tél. 06 12 34 56 78", "telephone number"),
        ("Tel. 030 12345-67", "telephone number"),
        ("MRN 48213377", "record number"),
        ("file 4821337", "number as long as a record number"),
        ("ask ada@clinic.example", "e-mail address"),
        ("like Mrs Miller", "name"),
        ("wie Frau Müller", "name"),
        ("comme Mme Élan", "name"),
        ("M. Dupont", "name"),
    ],
)
def test_what_may_point_to_a_patient_is_found(text: str, kind: str) -> None:
    assert [finding.kind for finding in findings_in({"Reason": text})] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "Dose 12.5 mg, 3 times a day, for 10 days; creatinine 84, platelets 150000.5",
        "M. tuberculosis was missed; MR angiography, Dr. who?",
        "In may the dose be doubled? On the 3rd attempt it may.",
        "Left ventricle 45 %, T2 to T4, 1.3 mm Breslow",
        "0.5 mg, then 0 25 50 75 mg; code 05 10; ratio 0-1/2; 0,25 12 34 56 78",
        "",
    ],
)
def test_clinical_words_are_left_alone(text: str) -> None:
    assert findings_in({"Reason": text}) == []


@pytest.mark.parametrize("name", ["Mrs Anna Keller", "Herr Jürgen Groß", "Mme. Zoé D’Arc"])
def test_a_whole_name_is_shown_not_half_of_it(name: str) -> None:
    found = findings_in({"Reason": f"{name} gets 10 mg"})
    assert [finding.excerpt for finding in found] == [name]


def test_each_excerpt_is_said_once_with_its_field() -> None:
    found = findings_in({"Reason": "Mr Smith", "Flag on the left": "Mr Smith, MRN 48213377"})
    assert [str(finding) for finding in found] == [
        "Reason: name “Mr Smith”",
        "Flag on the left: record number “MRN 48213377”",
        "Flag on the left: name “Mr Smith”",
    ]


@pytest.fixture
def here() -> World:
    return world(n_cases=3)


@pytest.fixture
def page(client: Client, here: World) -> Client:
    client.force_login(here.rater)
    return client


def send(page: Client, here: World, **changes: Any) -> Any:
    url = reverse("vote", args=[here.study.slug])
    page.get(url)
    ballot = Ballot.objects.get(status="open")
    data = {"ballot": str(ballot.uuid), "attempt": ballot.attempt, "outcome_overall": "tie"}
    return page.post(url, {**data, **changes})


FLAG = {"flag_left": "1", "extent_left": "none", "likelihood_left": "low"}
MARK = '{"side": "left", "start": 0, "end": 3, "error_type": "other", "note": "As Mr Smith"}'


@pytest.mark.parametrize(
    "typed",
    [{"reason": "As Mr Smith"}, {**FLAG, "note_left": "As Mr Smith"}, {"mark": MARK}],
)
def test_a_warning_comes_before_anything_is_stored_and_the_rater_may_go_on(
    page: Client, here: World, typed: dict[str, str]
) -> None:
    refused = send(page, here, **typed)
    assert refused.status_code == 422
    assert "name “Mr Smith”" in refused.content.decode()
    assert not Vote.objects.exists()
    accepted = refused.context["signature"]
    assert send(page, here, **typed, accepted_findings=accepted).status_code == 302
    event = AuditEvent.objects.get(action="ballot.accept-findings")
    assert event.detail == {"name": 1}, "never the words"


def test_accepting_one_thing_does_not_accept_what_is_typed_later(page: Client, here: World) -> None:
    accepted = signature(findings_in({"Reason": "Mr Smith"}))
    refused = send(page, here, reason="Mr Smith, 12/03/2024", accepted_findings=accepted)
    assert (refused.status_code, Vote.objects.count()) == (422, 0)


def test_the_note_of_a_skip_is_searched_as_well(page: Client, here: World) -> None:
    page.get(reverse("vote", args=[here.study.slug]))
    ballot = Ballot.objects.get()
    url = reverse("vote-skip", args=[here.study.slug])
    data = {"ballot": str(ballot.uuid), "attempt": 1, "skip_reason": "other", "note": "Mr Smith"}
    refused = page.post(url, data)
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "data-open" in text
    assert 'value="other" required checked' in text
    assert not Skip.objects.exists()
    page.post(url, {**data, "accepted_findings": refused.context["signature"]})
    assert Skip.objects.get().note == "Mr Smith"


def test_the_api_asks_as_well(page: Client, here: World) -> None:
    page.get(reverse("vote", args=[here.study.slug]))
    url = reverse("api-ballot-vote", args=[Ballot.objects.get().uuid])
    answer = {"attempt": 1, "outcomes": {"overall": "tie"}, "reason": "Mr Smith"}
    refused = page.post(url, answer, content_type="application/json")
    assert refused.status_code == 400
    assert "may point to a patient" in refused.json()["detail"]
    answer["accept_findings"] = True
    assert page.post(url, answer, content_type="application/json").status_code == 201


def test_a_text_of_any_length_is_searched_in_bounded_time() -> None:
    """It is refused as too long, but only after the search, while the ballot is locked."""
    began = monotonic()
    findings_in({"reason": "a@a." * 250_000})
    assert monotonic() - began < 5
