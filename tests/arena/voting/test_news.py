"""What a rater is told while they wait or read: coarse, blind, cheap, and only to themselves."""

from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import caches
from django.http import Http404, HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from arena.accounts.models import User
from arena.generations.models import Generation
from arena.studies.models import Membership
from arena.studies.services import case_withdraw
from arena.voting import news
from arena.voting.models import Ballot, Skip
from arena.voting.news import News, news_for
from arena.voting.services import ballot_next, ballot_skip, vote_undo
from tests.arena.voting.hands import opened
from tests.arena.voting.world import World, generation, rater, sample_record, world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    caches["process"].clear()


def looks(here: World, ballot: Ballot | None = None, user: User | None = None) -> News:
    uuid = ballot.uuid if ballot else None
    return news_for(user=user or here.rater, slug=here.study.slug, ballot=uuid)


def skipped(here: World, ballot: Ballot) -> None:
    ballot_skip(ballot_uuid=ballot.uuid, rater=here.rater, reason="not_my_specialty", attempt=1)


def answers_missing(n_systems: int = 2) -> World:
    """One case, of which the last system has not answered."""
    here = world(n_cases=1, n_systems=n_systems)
    Generation.objects.filter(study_system=here.systems[-1]).delete()
    return here


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """All who wait ask anew how many outputs there are, but remember what they found."""
    monkeypatch.setattr(news, "SECONDS_BETWEEN_LOOKS", 0)


class TestWaiting:
    def test_a_rater_is_told_once_an_answer_makes_a_ballot(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        later(monkeypatch)
        here = answers_missing()
        assert ballot_next(rater=here.rater, study=here.study) is None
        assert looks(here) == News.NOTHING
        generation(here.systems[1], here.cases[0], sample_record("summary", 1))
        assert looks(here) == News.BALLOT
        assert looks(here) == News.BALLOT, "until it is shown"
        assert ballot_next(rater=here.rater, study=here.study) is not None

    def test_an_answer_that_makes_no_ballot_is_no_news(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        later(monkeypatch)
        here = answers_missing(n_systems=2)
        Generation.objects.filter(study_system=here.systems[0]).delete()
        assert looks(here) == News.NOTHING
        generation(here.systems[1], here.cases[0], sample_record("summary", 1))
        assert looks(here) == News.NOTHING

    def test_looking_draws_and_stores_nothing(self) -> None:
        here = world(n_cases=1)
        assert looks(here) == News.BALLOT
        assert not Ballot.objects.exists()

    def test_a_ballot_reopened_elsewhere_is_there_again(self) -> None:
        here = world(n_cases=1)
        ballot = opened(here)
        skipped(here, ballot)
        vote_undo(ballot_uuid=ballot.uuid, rater=here.rater)
        assert looks(here) == News.BALLOT

    def test_what_somebody_gave_back_is_seen_in_the_end(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No answer came in, so it is not seen at once: only when the memory is old enough."""
        here = world(n_cases=1, n_raters=2, votes_per_comparison=1)
        held = ballot_next(rater=here.raters[1], study=here.study)
        assert looks(here) == News.NOTHING
        assert held is not None
        held.delete()
        assert looks(here) == News.NOTHING
        caches["process"].delete(f"waits:{here.study.pk}:{here.rater.pk}")
        assert looks(here) == News.BALLOT

    def test_whoever_does_not_meet_the_requirements_is_called_to_nothing(self) -> None:
        here = world(n_cases=1, professions=["radiologist"])
        assert looks(here) == News.NOTHING


class TestOpenBallot:
    def test_it_stands(self) -> None:
        here = world()
        assert looks(here, opened(here)) == News.NOTHING

    def test_a_case_withdrawn_for_an_identifier_withdraws_it(self) -> None:
        here = world(n_cases=1, n_raters=2)
        ballot = opened(here)
        case_withdraw(case=here.cases[0].case, by=here.raters[1], reason="A name.")
        assert looks(here, ballot) == News.WITHDRAWN

    @pytest.mark.parametrize("which", [0, 1])
    def test_a_system_withdrawn_is_told_in_the_same_word(self, which: int) -> None:
        here = world()
        ballot = opened(here)
        here.systems[which].withdrawn_at = timezone.now()
        here.systems[which].save()
        assert looks(here, ballot) == News.WITHDRAWN

    def test_an_answer_in_another_tab_is_told(self) -> None:
        here = world()
        ballot = opened(here)
        skipped(here, ballot)
        assert Skip.objects.exists()
        assert looks(here, ballot) == News.ELSEWHERE
        assert looks(here, Ballot(uuid=uuid4())) == News.ELSEWHERE

    @pytest.mark.parametrize("status", ["closed", "archived"])
    def test_a_study_that_takes_no_votes_says_so_and_may_again(self, status: str) -> None:
        here = world()
        ballot = opened(here)
        here.study.status, here.study.closed_at = status, timezone.now()
        here.study.save()
        assert looks(here, ballot) == News.ENDED
        assert looks(here) == News.ENDED
        here.study.status, here.study.closed_at = "open", None
        here.study.save()
        assert looks(here, ballot) == News.NOTHING

    def test_an_approval_that_has_run_out_ends_it(self) -> None:
        here = world()
        ballot = opened(here)
        here.study.ethics_expires_on = timezone.localdate() - timezone.timedelta(days=1)
        here.study.save()
        assert looks(here, ballot) == News.ENDED

    def test_nobody_sees_another_raters_ballot(self) -> None:
        here = world(n_raters=2)
        ballot = opened(here)
        case_withdraw(case=here.cases[0].case, by=here.rater, reason="A name.")
        assert looks(here, ballot, here.raters[1]) == News.ELSEWHERE


class TestWhoMayAsk:
    def test_a_role_taken_away_is_told_where_the_study_is_public(self) -> None:
        here = world(study={"visibility": "public"})
        ballot = opened(here)
        Membership.objects.filter(user=here.rater).delete()
        assert looks(here, ballot) == News.OUT
        assert looks(here) == News.OUT

    @pytest.mark.parametrize("waiting", [True, False])
    def test_a_private_study_is_gone_for_whoever_is_no_longer_in_it(self, waiting: bool) -> None:
        here = world()
        ballot = opened(here)
        Membership.objects.filter(user=here.rater).delete()
        with pytest.raises(Http404):
            looks(here, None if waiting else ballot)

    def test_a_person_who_may_not_sign_in_any_more_is_out(self) -> None:
        here = world(study={"visibility": "public"})
        User.objects.filter(pk=here.rater.pk).update(is_active=False)
        assert looks(here) == News.OUT

    def test_a_signed_out_visitor_learns_no_more_than_the_page_says(self) -> None:
        here = world(study={"visibility": "public"})
        assert news_for(user=AnonymousUser(), slug=here.study.slug, ballot=None) == News.OUT
        private = world(slug="private")
        with pytest.raises(Http404):
            news_for(user=AnonymousUser(), slug=private.study.slug, ballot=None)


class TestCost:
    def test_a_look_at_an_open_ballot_is_three_short_queries(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        here = world()
        ballot = opened(here)
        with django_assert_num_queries(3):
            looks(here, ballot)

    def test_two_hundred_who_wait_cost_one_query_each_and_one_together(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        here = answers_missing()
        waiting = [rater(here.study, f"waits-{n}@example.org") for n in range(200)]
        for user in waiting:
            assert looks(here, user=user) == News.NOTHING
        caches["process"].delete(f"ended:{here.study.pk}")
        with django_assert_num_queries(201):
            for user in waiting:
                looks(here, user=user)


class TestFragment:
    def asked(self, client: Client, here: World, **query: object) -> HttpResponse:
        client.force_login(here.rater)
        return client.get(reverse("vote-news", args=[here.study.slug]), query)

    def test_nothing_new_is_no_answer_so_that_nothing_is_read_out_again(
        self, client: Client
    ) -> None:
        here = world()
        ballot = opened(here)
        answer = self.asked(client, here, known="nothing", ballot=ballot.uuid)
        assert (answer.status_code, answer.content) == (204, b"")

    def test_it_goes_on_asking_only_where_more_may_come(self, client: Client) -> None:
        here = world(n_cases=1)
        ballot = opened(here)
        stands = self.asked(client, here, ballot=ballot.uuid).content.decode()
        assert f'every {news.SECONDS_BETWEEN_LOOKS}s"' in stands
        assert f"ballot={ballot.uuid}" in stands
        case_withdraw(case=here.cases[0].case, by=here.rater, reason="A name.")
        gone = self.asked(client, here, ballot=ballot.uuid).content.decode()
        assert "it needs no answer any more" in gone
        assert "hx-trigger" not in gone

    def test_an_address_that_names_no_ballot_is_not_found(self, client: Client) -> None:
        answer = self.asked(client, world(), ballot="1")
        assert answer.status_code == 404

    @pytest.mark.parametrize("which", [0, 1])
    def test_it_is_the_same_to_the_byte_whichever_system_was_late(
        self, client: Client, which: int
    ) -> None:
        here = world(n_cases=1)
        Generation.objects.filter(study_system=here.systems[which]).delete()
        assert looks(here) == News.NOTHING
        generation(here.systems[which], here.cases[0], sample_record("summary", which))
        caches["process"].clear()
        told = self.asked(client, here).content.decode()
        assert told == READY.format(slug=here.study.slug)


READY = """
<div class="banner banner--good">
<p>There is a ballot for you.</p><a class="button button--primary" href="/studies/{slug}/vote/" \
hx-get="/studies/{slug}/vote/" hx-target="#desk" hx-select="#desk" hx-swap="outerHTML" \
data-at-once>Show it</a>

</div>
"""


def test_a_name_that_is_no_ballot_is_refused_and_none_means_waiting() -> None:
    assert news.ballot_named("") is None
    uuid = uuid4()
    assert news.ballot_named(str(uuid)) == UUID(str(uuid))
    with pytest.raises(Http404):
        news.ballot_named("' or 1=1")
