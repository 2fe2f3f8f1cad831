"""Staying with a case: what is drawn, what is stored of the wish, and what never changes."""

from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from arena.voting.models import Ballot, Vote
from arena.voting.onwards import same_case_offered
from arena.voting.services import ballot_next, vote_cast
from evaluation.pairing import STRATEGIES, Candidates, PairingState, choose
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db


def judged(here: World, ballot: Ballot) -> Ballot:
    Ballot.objects.filter(pk=ballot.pk).update(opened_at=timezone.now())
    vote_cast(ballot_uuid=ballot.uuid, rater=here.rater, outcomes={"overall": "tie"}, attempt=1)
    return Ballot.objects.get(pk=ballot.pk)


def drawn(here: World, after: Ballot | None = None) -> Ballot:
    ballot = ballot_next(rater=here.rater, study=here.study, after=after)
    assert ballot
    return ballot


def case_of(ballot: Ballot) -> int:
    return ballot.comparison.case_version.case_id


@pytest.mark.parametrize("pairing", sorted(STRATEGIES))
def test_the_case_stays_until_its_pairs_are_through_and_no_pair_comes_twice(pairing: str) -> None:
    here = world(n_cases=5, n_systems=3, pairing=pairing)
    ballots = [judged(here, drawn(here))]
    for _ in range(2):
        ballots.append(judged(here, drawn(here, after=ballots[-1])))
    assert len({case_of(ballot) for ballot in ballots}) == 1
    assert len({ballot.comparison_id for ballot in ballots}) == 3
    assert [ballot.same_case for ballot in ballots] == [False, True, True]
    assert not same_case_offered(ballot=ballots[-1])
    following = drawn(here, after=ballots[-1])
    assert case_of(following) != case_of(ballots[-1])
    assert not following.same_case


def test_the_probability_is_that_among_the_pairs_of_the_case() -> None:
    here = world(n_cases=5, n_systems=3, pairing="uniform")
    first = judged(here, drawn(here))
    assert first.probability == pytest.approx(1 / 15)
    assert drawn(here, after=first).probability == pytest.approx(1 / 2)


def test_a_study_may_do_without_it() -> None:
    here = world(n_cases=5, n_systems=3, offers_same_case=False)
    first = judged(here, drawn(here))
    assert not same_case_offered(ballot=first)
    assert not drawn(here, after=first).same_case


def test_it_is_not_offered_where_two_systems_leave_nothing_more_of_a_case() -> None:
    assert not same_case_offered(ballot=drawn(world(n_cases=5, n_systems=2)))


def test_full_comparisons_are_not_drawn_for_it() -> None:
    here = world(n_cases=1, n_systems=3, n_raters=2, votes_per_comparison=1)
    first = judged(here, drawn(here))
    here.raters.reverse()
    ballot = drawn(here)
    assert ballot.comparison_id != first.comparison_id
    assert same_case_offered(ballot=ballot)
    here.raters.reverse()
    judged(here, drawn(here, after=first))
    assert not same_case_offered(ballot=ballot)


def test_a_choice_among_some_is_a_choice_of_those_alone() -> None:
    candidates = Candidates(*(np.array(codes) for codes in ([0, 0, 1], [0, 0, 1], [1, 2, 2])))
    state = PairingState(np.zeros((3, 3), int), np.zeros(3, int), np.zeros((2, 3), int))
    rng = np.random.default_rng(1)
    taken = [choose("uniform", candidates, state, rng, np.array([1, 2])) for _ in range(40)]
    assert {choice.index for choice in taken} == {1, 2}
    assert {choice.probability for choice in taken} == {0.5}


class TestThePage:
    @pytest.fixture
    def here(self, client: Client) -> World:
        here = world(n_cases=2, n_systems=3)
        client.force_login(here.rater)
        return here

    def cast(self, client: Client, here: World, **more: str) -> Any:
        url = reverse("vote", args=[here.study.slug])
        client.get(url)
        ballot = Ballot.objects.get(status="open")
        answer = {"ballot": str(ballot.uuid), "attempt": "1", "outcome_overall": "tie"}
        return client.post(url, {**answer, **more}, follow=True)

    def test_the_button_draws_of_the_same_case(self, client: Client, here: World) -> None:
        page = self.cast(client, here, then="same-case")
        assert 'id="submit-same"' in page.content.decode()
        assert [ballot.same_case for ballot in Ballot.objects.order_by("position")] == [0, 1]

    def test_where_nothing_is_left_of_it_the_page_says_so(
        self, client: Client, here: World
    ) -> None:
        for _ in range(2):
            self.cast(client, here, then="same-case")
        page = self.cast(client, here, then="same-case").content.decode()
        assert "You have judged all there is to compare of that case" in page
        assert Vote.objects.count() == 3

    def test_a_refused_vote_draws_nothing(self, client: Client, here: World) -> None:
        page = self.cast(client, here, then="same-case", flag_left="1")
        assert page.status_code == 422
        assert Ballot.objects.count() == 1

    def test_the_api_has_it_too(self, client: Client, here: World) -> None:
        self.cast(client, here)
        Ballot.objects.filter(status="open").delete()
        url = reverse("api-ballots", args=[here.study.slug])
        assert client.post(f"{url}?same_case=true").status_code == 200
        assert Ballot.objects.get(status="open").same_case
