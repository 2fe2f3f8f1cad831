"""Sittings: which ballot was judged in which, and when a break is suggested."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from arena.accounts.services import rater_profile_for
from arena.voting.models import Ballot
from arena.voting.services import ballot_next, ballot_skip, vote_cast, vote_undo
from arena.voting.sittings import Dismissed, break_due
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
Clock = Callable[[float], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets the time to so many minutes after nine."""

    def at(minute: float) -> None:
        monkeypatch.setattr(timezone, "now", lambda: NINE + timedelta(minutes=minute))

    return at


def judge(here: World, skip: bool = False) -> Ballot:
    ballot = ballot_next(rater=here.rater, study=here.study)
    assert ballot
    Ballot.objects.filter(pk=ballot.pk, opened_at=None).update(opened_at=timezone.now())
    if skip:
        ballot_skip(
            ballot_uuid=ballot.uuid, rater=here.rater, attempt=ballot.attempt, reason="other"
        )
    else:
        vote_cast(
            ballot_uuid=ballot.uuid,
            rater=here.rater,
            attempt=ballot.attempt,
            outcomes={"overall": "tie"},
        )
    ballot.refresh_from_db()
    return ballot


def judged(here: World, clock: Clock, *minutes: float) -> None:
    for minute in minutes:
        clock(minute)
        judge(here)


def place(ballot: Ballot) -> tuple[int | None, int | None]:
    return ballot.sitting, ballot.sitting_place


def due(here: World, dismissed: Dismissed | None = None) -> tuple[int, int] | None:
    """(ballots, minutes) of the sitting for which a break is suggested."""
    sitting = break_due(
        rater=here.rater,
        protocol=here.protocol,
        profile=rater_profile_for(here.rater),
        dismissed=dismissed,
    )
    return (sitting.ballots, sitting.minutes) if sitting else None


class TestThePlaceOfABallot:
    def test_a_pause_of_more_than_half_an_hour_ends_a_sitting(self, clock: Clock) -> None:
        here = world(n_cases=6)
        judged(here, clock, 0, 10, 40, 71, 72)
        ballots = Ballot.objects.order_by("position")
        assert [place(b) for b in ballots] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]

    def test_skips_take_a_place_because_they_take_time(self, clock: Clock) -> None:
        here = world(n_cases=6)
        clock(0)
        judge(here, skip=True)
        assert place(judge(here)) == (1, 2)

    def test_a_ballot_that_lay_open_overnight_counts_for_the_day_it_was_judged(
        self, clock: Clock
    ) -> None:
        here = world(n_cases=6)
        judged(here, clock, 0)
        ballot = ballot_next(rater=here.rater, study=here.study)
        assert ballot
        Ballot.objects.filter(pk=ballot.pk).update(opened_at=timezone.now())
        judged(here, clock, 24 * 60)
        ballot.refresh_from_db()
        assert place(ballot) == (2, 1)

    def test_an_answer_given_again_after_an_undo_keeps_its_place(self, clock: Clock) -> None:
        here = world(n_cases=6)
        judged(here, clock, 0, 1)
        last = Ballot.objects.get(position=2)
        vote_undo(ballot_uuid=last.uuid, rater=here.rater)
        clock(2)
        assert place(judge(here)) == (1, 2)

    def test_ballots_from_before_there_were_sittings_begin_no_count(self, clock: Clock) -> None:
        here = world(n_cases=6)
        judged(here, clock, 0)
        Ballot.objects.update(sitting=None, sitting_place=None)
        judged(here, clock, 1)
        assert place(Ballot.objects.get(position=2)) == (1, 1)


class TestABreak:
    def test_it_is_due_after_the_minutes_of_the_study(self, clock: Clock) -> None:
        here = world(n_cases=6, break_minutes=20)
        judged(here, clock, 0, 10)
        clock(19)
        assert due(here) is None
        clock(20)
        assert due(here) == (2, 20)

    def test_or_after_its_ballots_whichever_comes_first(self, clock: Clock) -> None:
        here = world(n_cases=6, break_ballots=3)
        judged(here, clock, 0, 1)
        assert due(here) is None
        judged(here, clock, 2)
        assert due(here) == (3, 2)

    def test_the_default_is_three_quarters_of_an_hour(self, clock: Clock) -> None:
        here = world(n_cases=6)
        judged(here, clock, 0, 20, 40)
        clock(46)
        assert due(here) == (3, 46)

    def test_after_a_pause_none_is_due(self, clock: Clock) -> None:
        here = world(n_cases=6, break_minutes=20)
        judged(here, clock, 0, 25)
        clock(60)
        assert due(here) is None

    def test_declined_it_comes_again_after_as_long_and_in_the_next_sitting_anew(
        self, clock: Clock
    ) -> None:
        here = world(n_cases=6, break_minutes=20)
        judged(here, clock, 0, 20)
        declined = Dismissed(1, 2, 20)
        assert due(here, declined) is None
        judged(here, clock, 39)
        assert due(here, declined) is None
        clock(40)
        assert due(here, declined) == (3, 40)
        judged(here, clock, 100, 120)
        assert due(here, declined) == (2, 20)

    @pytest.mark.parametrize(("own", "suggested"), [(0, False), (10, True), (60, False)])
    def test_the_raters_own_minutes_go_before_the_studys(
        self, clock: Clock, own: int, suggested: bool
    ) -> None:
        here = world(n_cases=6, break_minutes=20)
        profile = rater_profile_for(here.rater)
        profile.break_minutes = own
        profile.save()
        judged(here, clock, 0, 15)
        clock(30)
        assert bool(due(here)) == suggested

    def test_a_study_may_do_without(self, clock: Clock) -> None:
        here = world(n_cases=6, break_minutes=0)
        judged(here, clock, 0, 25, 50, 75, 100)
        assert due(here) is None

    def test_the_page_suggests_it_and_takes_no_for_an_answer(self, client: Client) -> None:
        here = world(n_cases=6, break_ballots=2)
        judge(here)
        judge(here)
        client.force_login(here.rater)
        vote = reverse("vote", args=[here.study.slug])
        assert "Time for a break?" in client.get(vote).content.decode()
        answer = client.post(reverse("vote-break", args=[here.study.slug]))
        assert (answer.status_code, answer["Location"]) == (302, vote)
        assert "Time for a break?" not in client.get(vote).content.decode()
