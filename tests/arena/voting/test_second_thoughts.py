"""A second tab, an undo, a patient recognised: what the rater is told and what comes back."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from arena.voting.models import Ballot, CriterionVote, Retraction, Skip, Vote
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db

FLAG = {"flag_right": "1", "extent_right": "severe", "likelihood_right": "low"}
MORE = {"errors_right": ["omission", "treatment"], "note_right": "No dose", "confidence": "2"}
STANDS = "You had answered this ballot before"


@pytest.fixture
def here() -> World:
    return world(n_cases=3)


@pytest.fixture
def page(client: Client, here: World) -> Client:
    client.force_login(here.rater)
    return client


def vote_url(here: World) -> str:
    return reverse("vote", args=[here.study.slug])


def answered(page: Client, here: World, ballot: Ballot, **changes: Any) -> str:
    """Submit, follow to the next ballot, and read what it says."""
    data = {"ballot": str(ballot.uuid), "attempt": ballot.attempt, "outcome_overall": "tie"}
    response = page.post(vote_url(here), {**data, **changes}, follow=True)
    return response.content.decode()


def opened(page: Client, here: World) -> Ballot:
    page.get(vote_url(here))
    return Ballot.objects.get(status="open")


def undo(page: Client, here: World, ballot: Ballot) -> None:
    page.post(reverse("vote-undo", args=[here.study.slug]), {"ballot": str(ballot.uuid)})


@pytest.mark.parametrize(
    "second",
    [
        {"outcome_overall": "left_strongly"},
        {"reason": "Another reason"},
        {"confidence": "3"},
        {"flag_left": "1", "extent_left": "none", "likelihood_left": "low"},
    ],
)
def test_a_second_tab_with_another_answer_is_told_which_one_stands(
    page: Client, here: World, second: dict[str, Any]
) -> None:
    ballot = opened(page, here)
    assert STANDS not in answered(page, here, ballot)
    said = answered(page, here, ballot, **second)
    assert STANDS in said
    assert "Overall: About the same" in said
    assert CriterionVote.objects.get().outcome == "tie"


@pytest.mark.parametrize("more", [{}, {**FLAG, **MORE}, {"extent_left": "severe"}])
def test_the_same_answer_twice_is_a_double_click_and_not_worth_a_word(
    page: Client, here: World, more: dict[str, Any]
) -> None:
    ballot = opened(page, here)
    answered(page, here, ballot, **more)
    assert STANDS not in answered(page, here, ballot, **more)
    assert Vote.objects.count() == 1


def test_three_steps_are_told_in_their_own_words(client: Client) -> None:
    here = world(n_cases=2, scale="three")
    client.force_login(here.rater)
    ballot = opened(client, here)
    answered(client, here, ballot, outcome_overall="left_strongly")
    assert "Overall: Left is better" in answered(client, here, ballot)


def test_undo_brings_back_what_was_answered(page: Client, here: World) -> None:
    ballot = opened(page, here)
    answered(page, here, ballot, reason="Dose <missing>.", **FLAG, **MORE)
    undo(page, here, ballot)
    response = page.get(vote_url(here))
    context, text = response.context, response.content.decode()
    assert "Correct it and submit again" in text
    assert context["criteria"][0]["outcome"] == "tie"
    assert (context["reason"], context["confidence"]) == ("Dose <missing>.", "2")
    left, right = context["sides"]
    assert not left["flagged"]
    assert right["flagged"]
    assert (right["extent"], right["likelihood"], right["note"]) == ("severe", "low", "No dose")
    assert right["errors"] == ["omission", "treatment"]
    assert 'value="tie" data-key="3" checked' in text


def test_a_correction_is_a_second_vote_and_the_first_stays_on_record(
    page: Client, here: World
) -> None:
    ballot = opened(page, here)
    answered(page, here, ballot)
    undo(page, here, ballot)
    ballot.refresh_from_db()
    answered(page, here, ballot, outcome_overall="right_strongly")
    assert Retraction.objects.get().vote.attempt == 1
    assert list(CriterionVote.objects.values_list("outcome", flat=True)) == [
        "tie",
        "right_strongly",
    ]


def test_undoing_a_skip_opens_an_empty_ballot(page: Client, here: World) -> None:
    ballot = opened(page, here)
    data = {"ballot": str(ballot.uuid), "attempt": 1, "skip_reason": "cannot_judge"}
    page.post(reverse("vote-skip", args=[here.study.slug]), data)
    undo(page, here, ballot)
    assert page.get(vote_url(here)).context["criteria"][0]["outcome"] == ""


@pytest.mark.parametrize(
    ("language", "given_back", "following"),
    [
        ("en", "Given back: no vote was stored.", "This is the next ballot."),
        ("de", "Es wurde keine Stimme gespeichert.", "Dies ist der nächste Vergleich."),
        ("fr", "aucun vote n’a été enregistré.", "Voici la comparaison suivante."),
    ],
)
def test_a_skip_says_that_no_vote_is_stored_and_what_the_page_shows(
    page: Client, here: World, language: str, given_back: str, following: str
) -> None:
    url, data = reverse("vote-skip", args=[here.study.slug]), {"skip_reason": "cannot_judge"}
    in_words = {"headers": {"accept-language": language}, "follow": True}
    ballots = [opened(page, here)]
    for _ in range(2):
        identity = {"ballot": str(ballots[-1].uuid), "attempt": 1}
        text = page.post(url, {**data, **identity}, **in_words).content.decode()
        assert given_back in text
        ballots += Ballot.objects.filter(status="open")
        assert (following in text) == (ballots[-1] not in ballots[:-1]), "only if there is one"
    assert not Vote.objects.exists()


def test_a_skip_sent_twice_says_the_same_and_one_too_late_says_so(
    page: Client, here: World
) -> None:
    ballot = opened(page, here)
    data = {"ballot": str(ballot.uuid), "attempt": 1, "skip_reason": "cannot_judge"}
    url = reverse("vote-skip", args=[here.study.slug])
    for _ in range(2):
        assert "Given back" in page.post(url, data, follow=True).content.decode()
    assert Skip.objects.count() == 1
    voted = opened(page, here)
    identity = {"ballot": str(voted.uuid), "attempt": 1}
    page.post(vote_url(here), {**identity, "outcome_overall": "tie"})
    text = page.post(url, {**data, **identity}, follow=True).content.decode()
    assert "Given back" not in text
    assert "already answered" in text


def test_who_recognises_a_patient_is_told_that_the_case_is_stopped(
    page: Client, here: World
) -> None:
    ballot = opened(page, here)
    data = {"ballot": str(ballot.uuid), "attempt": 1, "skip_reason": "identifier"}
    response = page.post(reverse("vote-skip", args=[here.study.slug]), data, follow=True)
    assert "The case is withdrawn at once" in response.content.decode()
    assert ballot.comparison.case_version.case.withdrawn_at is not None
