"""An answer to what was withdrawn meanwhile: kept, not counted, and told so."""

import re
from collections.abc import Callable

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.test import Client

from arena.accounts.tokens import token_create
from arena.core.errors import UserError
from arena.generations.models import StudySystem
from arena.generations.services import study_system_withdraw
from arena.studies.services import case_withdraw, study_close
from arena.voting.answers import Flag
from arena.voting.counting import votes_counted
from arena.voting.late import SAID, WithdrawnBallotError
from arena.voting.models import Ballot, SafetyFlag, Skip, Vote
from arena.voting.services import StaleBallotError, ballot_next, ballot_skip, vote_undo
from tests.arena.voting.hands import cast, opened
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    return world(n_cases=2)


def withdraw_case(here: World, ballot: Ballot) -> None:
    case = ballot.comparison.case_version.case
    case_withdraw(case=case, by=here.study.created_by, reason="Doubtful.")


def withdraw_system(here: World, ballot: Ballot) -> None:
    study_system_withdraw(study_system=here.systems[1], by=here.study.created_by)


@pytest.mark.parametrize("withdraw", [withdraw_case, withdraw_system])
def test_it_is_kept_and_does_not_count(
    here: World, withdraw: Callable[[World, Ballot], None]
) -> None:
    ballot = opened(here)
    withdraw(here, ballot)
    flag = Flag("left", "severe", "high", (), "Wrong side.")
    for _ in range(2):
        with pytest.raises(WithdrawnBallotError, match="does not count"):
            cast(ballot, reason="Left out the fracture.", flags=[flag])
    vote = Vote.objects.get()
    assert (vote.reason, SafetyFlag.objects.get().note) == ("Left out the fracture.", "Wrong side.")
    assert vote.retraction.reason == "The case or a system was withdrawn before the vote came."
    counted = votes_counted(study=here.study, criterion="overall", origin="human")
    assert (counted.counted, counted.excluded_counts) == ([], {"retracted": 1})
    assert Ballot.objects.get(pk=ballot.pk).status == Ballot.Status.VOTED


def test_it_is_kept_also_where_the_ballot_was_given_back_since(here: World) -> None:
    ballot = opened(here)
    withdraw_case(here, ballot)
    assert ballot_next(rater=here.rater, study=here.study) != ballot
    for _ in range(2):
        with pytest.raises(WithdrawnBallotError):
            cast(ballot)
    assert Vote.objects.get().retraction is not None
    assert Ballot.objects.get(pk=ballot.pk).status == Ballot.Status.SKIPPED


def test_a_vote_that_was_there_before_stands(here: World) -> None:
    ballot = opened(here)
    vote = cast(ballot)
    withdraw_case(here, ballot)
    assert cast(ballot) == vote
    with pytest.raises(ObjectDoesNotExist):
        _ = Vote.objects.get().retraction


def test_what_does_not_fit_is_not_to_be_mended_any_more(here: World) -> None:
    ballot = opened(here)
    withdraw_case(here, ballot)
    for outcome, reason in (("nonsense", ""), ("tie", "Call Mr. Smith")):
        with pytest.raises(WithdrawnBallotError):
            cast(ballot, outcome, reason=reason)
    assert not Vote.objects.exists()
    assert ballot_next(rater=here.rater, study=here.study) != ballot
    assert Skip.objects.get().note == "Withdrawn by the study."


def test_a_skip_by_the_rater_still_ends_the_ballot(here: World) -> None:
    ballot = opened(here)
    ballot_skip(ballot_uuid=ballot.uuid, rater=here.rater, reason="other", attempt=1)
    withdraw_case(here, ballot)
    with pytest.raises(StaleBallotError):
        cast(ballot)
    assert not Vote.objects.exists()


def test_it_cannot_be_undone(here: World) -> None:
    ballot = opened(here)
    withdraw_case(here, ballot)
    with pytest.raises(WithdrawnBallotError):
        cast(ballot)
    with pytest.raises(UserError, match="case was withdrawn"):
        vote_undo(ballot_uuid=ballot.uuid, rater=here.rater)


def test_it_can_be_undone_once_the_system_is_back(here: World) -> None:
    """It was retracted as it was stored, and one vote has one retraction."""
    ballot = opened(here)
    withdraw_system(here, ballot)
    with pytest.raises(WithdrawnBallotError):
        cast(ballot)
    StudySystem.objects.update(withdrawn_at=None)
    again = vote_undo(ballot_uuid=ballot.uuid, rater=here.rater)
    assert (again.status, again.attempt) == (Ballot.Status.OPEN, 2)
    assert Vote.objects.get().retraction.reason.startswith("The case or a system")


class TestPage:
    @pytest.fixture
    def client(self, here: World) -> Client:
        client = Client()
        client.force_login(here.rater)
        return client

    def post(self, client: Client, here: World, ballot: Ballot, **answer: str) -> str:
        given = {"ballot": str(ballot.uuid), "attempt": "1", "outcome_overall": "tie", **answer}
        page = client.post(f"/studies/{here.study.slug}/vote/", given, follow=True)
        assert page.redirect_chain
        return page.content.decode()

    def shown(self, page: str, here: World) -> Ballot:
        """The ballot of the page's form."""
        found = re.search(r'id="ballot-form".*?name="ballot" value="([^"]+)"', page, re.DOTALL)
        assert found
        return Ballot.objects.get(uuid=found[1])

    def test_the_rater_is_told_and_gets_the_next_ballot(self, client: Client, here: World) -> None:
        ballot = opened(here)
        withdraw_case(here, ballot)
        page = self.post(client, here, ballot)
        assert str(SAID) in page and self.shown(page, here) != ballot
        assert Vote.objects.get().retraction is not None

    def test_what_was_withdrawn_is_not_shown_again_for_mending(
        self, client: Client, here: World
    ) -> None:
        ballot = opened(here)
        withdraw_case(here, ballot)
        page = self.post(client, here, ballot, confidence="9")
        assert str(SAID) in page and self.shown(page, here) != ballot

    def test_nothing_is_taken_once_the_study_is_closed(self, client: Client, here: World) -> None:
        ballot = opened(here)
        withdraw_case(here, ballot)
        study_close(study=here.study, by=here.study.created_by)
        url = f"/studies/{here.study.slug}/vote/"
        given = {"ballot": str(ballot.uuid), "attempt": "1", "outcome_overall": "tie"}
        assert client.post(url, given).status_code == 403
        assert not Vote.objects.exists()


def test_a_program_is_told_in_the_same_sentence(here: World) -> None:
    ballot = opened(here)
    withdraw_case(here, ballot)
    client = Client(headers={"authorization": f"Token {token_create(user=here.rater)}"})
    answer = {"attempt": 1, "outcomes": {"overall": "tie"}}
    url = f"/api/v1/ballots/{ballot.uuid}/vote/"
    for _ in range(2):
        stored = client.post(url, answer, content_type="application/json")
        assert (stored.status_code, stored.json()["detail"]) == (400, str(SAID))
    assert Vote.objects.get().retraction is not None
