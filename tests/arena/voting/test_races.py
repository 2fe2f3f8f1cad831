"""Many hands at once, on a database file and, where one answers, on PostgreSQL."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from arena.accounts.models import User
from arena.core.errors import UserError
from arena.studies.models import Case, Study
from arena.studies.services import case_withdraw, study_close
from arena.voting import blinding, standing
from arena.voting.late import WithdrawnBallotError
from arena.voting.models import Ballot, PairStanding, Retraction, Skip, Vote
from arena.voting.services import ballot_next, ballot_skip, vote_cast, vote_undo
from tests.arena.voting.hands import opened
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db(transaction=True)
HANDS = 32
ROUNDS = 3


@pytest.fixture(autouse=True)
def a_database_that_threads_share() -> Iterator[None]:
    if connection.vendor == "sqlite" and "memory" in str(connection.settings_dict["NAME"]):
        pytest.skip("threads cannot race on a database in memory")
    yield


def at_once(act: Callable[[int], Any], hands: int = HANDS) -> list[Any]:
    """Results, or the errors raised, of ``act`` called by many threads."""

    def guarded(number: int) -> Any:
        try:
            return act(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(hands) as pool:
        return list(pool.map(guarded, range(hands)))


def test_many_submits_of_one_ballot_store_one_vote() -> None:
    here = world(n_cases=1)
    ballot = opened(here)
    votes = at_once(
        lambda n: (
            vote_cast(
                ballot_uuid=ballot.uuid,
                rater=here.rater,
                outcomes={"overall": "tie" if n % 2 else "left_strongly"},
                attempt=1,
            ).pk
        )
    )
    assert set(votes) == {Vote.objects.get().pk}
    assert Vote.objects.get().criterion_votes.count() == 1


def test_many_tabs_that_ask_for_the_next_ballot_get_the_same_one() -> None:
    here = world(n_cases=5, n_systems=3)
    ballots = at_once(lambda _: ballot_next(rater=here.rater, study=here.study))
    assert {ballot.pk for ballot in ballots} == {Ballot.objects.get().pk}


def test_a_vote_and_the_withdrawal_of_its_case_at_once_agree_on_what_counts() -> None:
    for number in range(ROUNDS):
        here = world(n_cases=1, slug=f"round-{number}")
        ballot = opened(here)
        case = ballot.comparison.case_version.case

        def act(
            hand: int, here: World = here, ballot: Ballot = ballot, case: Case = case
        ) -> Vote | Ballot | Case | None:
            if hand == 0:
                return case_withdraw(case=case, by=here.study.created_by, reason="Doubtful.")
            if hand % 2:
                return vote_cast(
                    ballot_uuid=ballot.uuid,
                    rater=here.rater,
                    outcomes={"overall": "tie"},
                    attempt=1,
                )
            return ballot_next(rater=here.rater, study=here.study)

        said = at_once(act, 8)[1::2]
        assert all(isinstance(each, Vote | WithdrawnBallotError) for each in said)
        vote = Vote.objects.get(ballot=ballot)
        counts = not Retraction.objects.filter(vote=vote).exists()
        assert {isinstance(each, Vote) for each in said} == {counts}
        ballot.refresh_from_db()
        assert ballot.status != Ballot.Status.OPEN
        assert not (counts and ballot.status == Ballot.Status.SKIPPED)


def test_vote_and_skip_at_once_answer_a_ballot_once() -> None:
    here = world(n_cases=1)
    ballot = opened(here)

    def act(number: int) -> str:
        if number % 2:
            ballot_skip(ballot_uuid=ballot.uuid, rater=here.rater, reason="other", attempt=1)
            return "skip"
        vote_cast(ballot_uuid=ballot.uuid, rater=here.rater, outcomes={"overall": "tie"}, attempt=1)
        return "vote"

    at_once(act, 8)
    ballot.refresh_from_db()
    assert (ballot.votes.count(), ballot.skips.count()) in {(1, 0), (0, 1)}
    assert ballot.status == ("voted" if ballot.votes.exists() else "skipped")


def test_many_undos_retract_once() -> None:
    here = world(n_cases=1)
    ballot = opened(here)
    vote_cast(ballot_uuid=ballot.uuid, rater=here.rater, outcomes={"overall": "tie"}, attempt=1)
    at_once(lambda _: vote_undo(ballot_uuid=ballot.uuid, rater=here.rater), 8)
    ballot.refresh_from_db()
    assert (Retraction.objects.count(), ballot.attempt, ballot.status) == (1, 2, "open")


def test_many_raters_vote_at_once_and_none_is_lost() -> None:
    here = world(n_cases=4, n_systems=3, n_raters=16, votes_per_comparison=99)

    def act(number: int) -> int:
        rater = here.raters[number]
        for _ in range(3):
            ballot = ballot_next(rater=rater, study=here.study)
            assert ballot is not None
            Ballot.objects.filter(pk=ballot.pk).update(opened_at=timezone.now())
            vote_cast(ballot_uuid=ballot.uuid, rater=rater, outcomes={"overall": "tie"}, attempt=1)
        return 3

    assert at_once(act, 16) == [3] * 16
    assert Vote.objects.count() == 48


@pytest.mark.parametrize("again", range(ROUNDS))
def test_undo_and_the_vote_on_the_next_ballot_at_once_lose_neither(again: int) -> None:
    """Either the undo comes first and the next ballot is gone, or it is told it came too late."""
    here = world(n_cases=3)
    tie = {"rater": here.rater, "outcomes": {"overall": "tie"}, "attempt": 1}
    first = opened(here)
    vote_cast(ballot_uuid=first.uuid, **tie)
    second = opened(here)

    def act(number: int) -> str:
        if number % 2:
            vote_cast(ballot_uuid=second.uuid, **tie)
            return "vote"
        vote_undo(ballot_uuid=first.uuid, rater=here.rater)
        return "undo"

    errors = [each for each in at_once(act, 4) if not isinstance(each, str)]
    assert all(isinstance(each, UserError | Ballot.DoesNotExist) for each in errors), errors
    assert (Vote.objects.count(), Retraction.objects.count()) in {(2, 0), (1, 1)}


def test_closing_and_voting_at_once_stores_the_vote_or_says_so() -> None:
    here = world(n_cases=1, n_raters=8, votes_per_comparison=99)
    ballots = []
    for rater in here.raters:
        ballot = ballot_next(rater=rater, study=here.study)
        assert ballot is not None
        ballots.append(ballot)
    Ballot.objects.update(opened_at=timezone.now())

    def act(number: int) -> str:
        if number == 3:
            study_close(study=Study.objects.get(pk=here.study.pk), by=here.study.created_by)
            return "closed"
        ballot = ballots[number]
        tie = {"outcomes": {"overall": "tie"}, "attempt": 1}
        vote_cast(ballot_uuid=ballot.uuid, rater=here.raters[number], **tie)
        return "voted"

    done = at_once(act, 8)
    errors = [each for each in done if not isinstance(each, str)]
    assert all(isinstance(each, UserError) for each in errors), errors
    assert Vote.objects.count() == done.count("voted")


def test_withdrawing_the_case_and_voting_and_skipping_at_once_answer_the_ballot_once() -> None:
    here = world(n_cases=1)
    ballot = opened(here)

    def act(number: int) -> str:
        if number % 3 == 0:
            ballot_next(rater=here.rater, study=here.study)
        elif number % 3 == 1:
            tie = {"outcomes": {"overall": "tie"}, "attempt": 1}
            vote_cast(ballot_uuid=ballot.uuid, rater=here.rater, **tie)
        else:
            case = here.cases[0].case
            case_withdraw(case=case, by=here.study.created_by, reason="Withdrawn.")
        return "done"

    done = at_once(act, 9)
    errors = [each for each in done if not isinstance(each, str)]
    assert all(isinstance(each, UserError) for each in errors), errors
    assert Vote.objects.count() + Skip.objects.count() <= 1


def test_the_standing_of_pairs_is_that_of_the_votes_after_a_storm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Votes and undos of many raters, while every draw may write the standing anew."""
    monkeypatch.setattr(standing, "KEPT_EVERY", 4)
    monkeypatch.setattr(standing, "SETTLED", timedelta(seconds=2))
    here = world(n_cases=8, n_systems=3, n_raters=8, pairing="adaptive", votes_per_comparison=8)

    def act(number: int) -> int:
        for turn in range(12):
            _one_answer(here, here.raters[number], undone=(turn + number) % 3 == 0)
        return number

    assert at_once(act, hands=8) == list(range(8))
    assert PairStanding.objects.get().vote > 0
    kept = standing._standing(here.protocol, "human").wins
    assert kept == _counted_anew(here)


def _one_answer(here: World, rater: User, *, undone: bool) -> None:
    for outcome in ("left_strongly", "tie") if undone else ("right_slightly",):
        ballot = ballot_next(rater=rater, study=here.study)
        assert ballot is not None
        blinding.ballot_open(ballot=ballot)
        vote_cast(ballot_uuid=ballot.uuid, rater=rater, outcomes={"overall": outcome},
                  attempt=ballot.attempt)  # fmt: skip
        if outcome == "left_strongly":
            vote_undo(ballot_uuid=ballot.uuid, rater=rater)


def _counted_anew(here: World) -> dict[tuple[int, int], float]:
    PairStanding.objects.all().delete()
    return standing._standing(here.protocol, "human").wins
