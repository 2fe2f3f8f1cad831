"""Raters show first that they judge as the panel does; none of it reaches a rating."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from arena.core.errors import UserError
from arena.studies.services import case_withdraw
from arena.voting.counting import origins_with_votes, votes_counted
from arena.voting.known_answers import known_answer_add, known_answer_remove
from arena.voting.models import Ballot, KnownAnswer, Qualification, Vote
from arena.voting.selectors import ballot_undoable, ballots_by_rater, rater_progress
from arena.voting.services import ballot_next, vote_undo
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db


def gold(here: World, case: int, expected: str = "first", explanation: str = "") -> KnownAnswer:
    return known_answer_add(
        study=here.study,
        by=here.study.created_by,
        case=here.cases[case].case.key,
        first=here.systems[0].label,
        second=here.systems[1].label,
        expected=expected,
        explanation=explanation,
    )


@pytest.fixture
def here() -> World:
    here = world(n_cases=5, qualification_percent=100, qualification_tries=2)
    for case in (0, 1):
        gold(here, case, explanation=f"Because of {case}.")
    return here


@pytest.fixture
def page(client: Client, here: World) -> Client:
    client.force_login(here.rater)
    return client


def url(here: World, name: str = "vote") -> str:
    return reverse(name, args=[here.study.slug])


def answer(page: Client, here: World, *, right: bool, **changes: Any) -> Any:
    """Answer the open ballot of the qualification as expected, or the other way round."""
    page.get(url(here))
    ballot = Ballot.objects.get(status="open", rater=here.rater)
    on_left = ballot.left.study_system == here.systems[0]
    outcome = "left_slightly" if on_left == right else "right_strongly"
    data = {"ballot": str(ballot.uuid), "attempt": 1, "outcome_overall": outcome, **changes}
    return page.post(url(here), data, follow=True)


def test_a_rater_who_answers_as_expected_goes_on_to_vote(page: Client, here: World) -> None:
    text = page.get(url(here)).content.decode()
    assert "<strong>Qualification</strong> 1 of 2, in no rating" in text
    answer(page, here, right=True)
    response = answer(page, here, right=True)
    assert response.redirect_chain == [(url(here, "vote-qualification"), 302)]
    text = response.content.decode()
    assert "You qualify" in text and "Because of 0." in text
    assert Qualification.objects.get().passed
    assert "0 of 5 votes" in page.get(url(here)).content.decode()
    assert Ballot.objects.get(status="open").origin == "human"


def test_answers_of_the_qualification_are_in_no_rating(page: Client, here: World) -> None:
    for _ in range(2):
        answer(page, here, right=True)
    assert Vote.objects.count() == 2
    assert origins_with_votes(study=here.study) == []
    assert not votes_counted(study=here.study, criterion="overall", origin="human").counted
    assert rater_progress(rater=here.rater, study=here.study).voted == 0
    assert ballots_by_rater(study=here.study) == []


def test_who_fails_sees_what_was_expected_and_may_try_again(page: Client, here: World) -> None:
    answer(page, here, right=True)
    response = answer(page, here, right=False)
    text = response.content.decode()
    assert "Not yet: try again" in text
    assert "1 of 2 known answers; this study asks for 100 %" in text
    assert text.count("✓ ") == text.count("✗ ") == 1
    for _ in range(2):
        answer(page, here, right=True)
    assert list(Qualification.objects.values_list("number", "right", "passed")) == [
        (1, 1, False),
        (2, 2, True),
    ]


def test_the_tries_end(page: Client, here: World) -> None:
    for _ in range(4):
        response = answer(page, here, right=False)
    assert "This was the last try" in response.content.decode()
    text = page.get(url(here)).content.decode()
    assert "you have tried 2 times" in text
    assert not Ballot.objects.filter(status="open").exists()


def test_a_share_short_of_all_is_enough_where_the_study_says_so(client: Client) -> None:
    here = world(n_cases=3, qualification_percent=50)
    for case in (0, 1):
        gold(here, case, expected="second")
    client.force_login(here.rater)
    answer(client, here, right=False)
    answer(client, here, right=True)
    assert Qualification.objects.get().passed


def test_a_skip_is_no_answer(page: Client, here: World) -> None:
    answer(page, here, right=True)
    page.get(url(here))
    ballot = Ballot.objects.get(status="open")
    data = {"ballot": str(ballot.uuid), "attempt": 1, "skip_reason": "cannot_judge"}
    response = page.post(url(here, "vote-skip"), data, follow=True)
    assert "Skipped" in response.content.decode()
    assert (Qualification.objects.get().right, Qualification.objects.get().passed) == (1, False)


def test_it_cannot_be_undone(page: Client, here: World) -> None:
    answer(page, here, right=True)
    ballot = Ballot.objects.get(status="voted")
    assert ballot_undoable(rater=here.rater, study=here.study) is None
    with pytest.raises(UserError, match="cannot be undone"):
        vote_undo(ballot_uuid=ballot.uuid, rater=here.rater)


def test_nothing_tells_which_system_is_the_better_one(page: Client, here: World) -> None:
    text = page.get(url(here)).content.decode()
    response = [answer(page, here, right=True) for _ in range(2)][-1]
    for name in ("Quetzal", "Wombat"):
        assert name not in text + response.content.decode()


def test_without_known_answers_nobody_is_asked() -> None:
    here = world(qualification_percent=80)
    ballot = ballot_next(rater=here.rater, study=here.study)
    assert ballot is not None and ballot.origin == "human"


def test_an_answer_removed_in_the_middle_ends_the_try(page: Client, here: World) -> None:
    answer(page, here, right=True)
    asked = Ballot.objects.get(status="voted").comparison
    other = KnownAnswer.objects.exclude(comparison=asked).get()
    known_answer_remove(study=here.study, by=here.study.created_by, pk=str(other.pk))
    data = {"ballot": str(Ballot.objects.get(status="open").uuid), "attempt": 1}
    page.post(url(here), {**data, "outcome_overall": "tie"})
    assert Qualification.objects.get().of == 1
    assert Qualification.objects.get().passed


def test_a_withdrawn_case_is_not_asked_about(page: Client, here: World) -> None:
    page.get(url(here))
    ballot = Ballot.objects.get()
    case = ballot.comparison.case_version.case
    case_withdraw(case=case, by=here.study.created_by, reason="Wrong.")
    answer(page, here, right=True)
    assert (Qualification.objects.get().right, Qualification.objects.get().of) == (1, 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"case": "no-such"}, "has no case"),
        ({"second": "Quetzal Label"}, "two different systems"),
        ({"second": "Nobody"}, "has not answered"),
        ({}, "have a known answer already"),
    ],
)
def test_a_faulty_known_answer_is_refused(here: World, changes: Any, said: str) -> None:
    labels = {"first": here.systems[0].label, "second": here.systems[1].label}
    given = {"case": "case-0", **labels, "expected": "tie", **changes}
    with pytest.raises(UserError, match=said):
        known_answer_add(study=here.study, by=here.study.created_by, **given)


def test_the_coordinator_sets_and_removes_them(client: Client, here: World) -> None:
    coordinator = here.study.created_by
    here.study.memberships.create(user=coordinator, role="coordinator")
    client.force_login(coordinator)
    at = url(here, "manage-qualification")
    given = {
        "case": "case-2",
        "first": here.systems[1].label,
        "second": here.systems[0].label,
        "expected": "first",
    }
    assert client.post(at, given).status_code == 302
    added = KnownAnswer.objects.get(comparison__case_version=here.cases[2])
    assert added.expected == "second", "the smaller id is first"
    refused = client.post(at, {**given, "case": "nowhere"})
    assert refused.status_code == 400
    assert "has no case" in refused.content.decode()
    client.post(at, {"remove": str(added.pk)})
    added.refresh_from_db()
    assert added.removed_at is not None
    assert client.post(at, {"remove": "x"}).status_code == 302
