"""A rater's own votes: what is shown, what stays shut, and that nothing on it is less blind."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from arena.accounts.services import rater_profile_for
from arena.generations.models import Generation
from arena.studies.models import Case
from arena.voting.models import Ballot, Retraction, Vote
from arena.voting.own_votes import own_circles, own_pace
from arena.voting.services import ballot_next, ballot_skip, vote_cast
from tests.arena.voting.test_blinding import giveaways, stable
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db


def judge(here: World, outcome: str = "tie", seconds: float = 40, **more: Any) -> Ballot:
    ballot = ballot_next(rater=here.rater, study=here.study)
    assert ballot
    opened = timezone.now() - timedelta(seconds=seconds)
    Ballot.objects.filter(pk=ballot.pk).update(opened_at=opened)
    outcomes = {"overall": outcome}
    vote_cast(
        ballot_uuid=ballot.uuid,
        rater=here.rater,
        outcomes=outcomes,
        attempt=ballot.attempt,
        **more,
    )
    return Ballot.objects.get(pk=ballot.pk)


def in_a_circle(here: World, most: int = 100) -> None:
    """Each system beats the next and the last beats the first, on every case."""
    systems = [held.pk for held in here.systems]
    for _ in range(most):
        ballot = ballot_next(rater=here.rater, study=here.study)
        if ballot is None:
            return
        left, right = (
            systems.index(output.study_system_id) for output in (ballot.left, ballot.right)
        )
        judge(here, "left_slightly" if (right - left) % 3 == 1 else "right_strongly")


def closed(here: World) -> None:
    here.study.status, here.study.closed_at = "closed", timezone.now()
    here.study.save()


def circles(here: World) -> Any:
    return own_circles(rater=here.rater, study=here.study)


def page_of(client: Client, here: World, number: int = 1) -> str:
    client.force_login(here.rater)
    url = reverse("my-votes", args=[here.study.slug])
    return client.get(f"{url}?page={number}").content.decode()


class TestCircles:
    def test_each_is_told_by_letters_and_its_ballots(self) -> None:
        here = world(n_cases=2, n_systems=3)
        in_a_circle(here)
        found = circles(here)
        assert (len(found.found), found.places, found.possible, found.waiting) == (2, 2, 2, 0)
        assert {circle.in_letters for circle in found.found} <= {"A > B > C > A", "A > C > B > A"}
        for circle in found.found:
            cases = {step.ballot.comparison.case_version_id for step in circle.steps}
            assert len(cases) == 1
            for step in circle.steps:
                assert step.ballot.status == "voted"

    def test_an_order_has_none_though_there_could_be_one(self) -> None:
        here = world(n_cases=1, n_systems=3)
        systems = [held.pk for held in here.systems]
        while ballot := ballot_next(rater=here.rater, study=here.study):
            places = [systems.index(x.study_system_id) for x in (ballot.left, ballot.right)]
            judge(here, "left_strongly" if places[0] < places[1] else "right_slightly")
        assert (circles(here).found, circles(here).possible) == ([], 1)

    def test_ties_and_both_unacceptable_prefer_nothing(self) -> None:
        here = world(n_cases=1, n_systems=3)
        for outcome in ("tie", "both_unacceptable", "left_strongly"):
            judge(here, outcome)
        assert (circles(here).found, circles(here).possible) == ([], 0)

    def test_a_case_not_finished_yet_is_left_out_and_counted(self) -> None:
        here = world(n_cases=1, n_systems=4)
        finished = False
        while ballot := ballot_next(rater=here.rater, study=here.study):
            judge(here, "left_strongly")
            finished = Ballot.objects.filter(status="voted").count() == 6
            seen = circles(here)
            if not finished and ballot.position >= 4:
                assert (seen.found, seen.possible, seen.waiting) == ([], 0, 1)
        assert finished
        assert (circles(here).possible, circles(here).waiting) == (1, 0)

    def test_closing_the_study_finishes_every_case(self) -> None:
        here = world(n_cases=1, n_systems=4)
        for _ in range(5):
            judge(here, "left_strongly")
        assert circles(here).waiting == 1
        closed(here)
        assert (circles(here).waiting, circles(here).possible) == (0, 1)

    def test_votes_taken_back_are_not_looked_at(self) -> None:
        here = world(n_cases=1, n_systems=3)
        in_a_circle(here)
        vote = Vote.objects.latest("pk")
        Retraction.objects.create(vote=vote, reason="By name.", by=here.study.created_by)
        assert (circles(here).found, circles(here).possible) == ([], 0)

    def test_planned_repeats_are_left_out(self) -> None:
        here = world(n_cases=1, n_systems=3)
        in_a_circle(here)
        Ballot.objects.filter(position=3).update(repeat=1)
        assert (circles(here).found, circles(here).possible) == ([], 0)

    def test_what_looked_the_same_is_one_output(self) -> None:
        """Two systems that gave no output are not told apart: nothing on the ballots did."""
        here = world(n_cases=1, n_systems=3)
        failed = here.systems[:2]
        Generation.objects.filter(study_system__in=failed).update(
            status="failed", failure="timed_out", record=None, record_digest=""
        )
        ballots = [judge(here, "left_strongly"), judge(here, "left_strongly")]
        assert ballot_next(rater=here.rater, study=here.study) is None
        left = [ballot.left.study_system_id in {held.pk for held in failed} for ballot in ballots]
        assert len(circles(here).found) == (1 if left[0] != left[1] else 0)
        assert circles(here).possible == 1


class TestTheList:
    def test_it_tells_what_was_answered_and_the_pace(self, client: Client) -> None:
        here = world(n_cases=4)
        for seconds in (30, 70, 100):
            judge(here, "left_slightly", seconds=seconds)
        text = page_of(client, here)
        assert text.count("Overall: Left is slightly better") == 3
        assert "<strong>1 min 10 s</strong>" in text

    def test_a_rater_may_hide_their_pace(self, client: Client) -> None:
        here = world(n_cases=4)
        for _ in range(3):
            judge(here)
        profile = rater_profile_for(here.rater)
        profile.shows_pace = False
        profile.save()
        assert "took less than" not in page_of(client, here)

    def test_a_pace_is_never_less_than_a_second(self) -> None:
        here = world(n_cases=4)
        for _ in range(3):
            judge(here, seconds=0)
        assert own_pace(rater=here.rater, study=here.study) == (0, 1)

    def test_very_few_ballots_have_no_pace(self) -> None:
        here = world(n_cases=4)
        judge(here)
        judge(here)
        assert own_pace(rater=here.rater, study=here.study) is None

    def test_skips_are_in_it_and_ballots_of_others_are_not(self, client: Client) -> None:
        here = world(n_cases=2, n_raters=2)
        ballot = ballot_next(rater=here.rater, study=here.study)
        assert ballot
        Ballot.objects.update(opened_at=timezone.now())
        ballot_skip(ballot_uuid=ballot.uuid, rater=here.rater, attempt=1, reason="cannot_judge")
        assert "Cannot judge from what is shown" in page_of(client, here)
        client.force_login(here.raters[1])
        url = reverse("my-votes", args=[here.study.slug])
        assert "You have not answered a ballot" in client.get(url).content.decode()

    def test_it_is_read_in_a_bounded_number_of_queries(self, client: Client) -> None:
        counts = []
        for n_cases in (2, 8):
            here = world(n_cases=n_cases, n_systems=3, slug=f"with-{n_cases}")
            in_a_circle(here)
            client.force_login(here.rater)
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse("my-votes", args=[here.study.slug]))
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 40


class TestLookingAgain:
    def look(self, client: Client, ballot: Ballot) -> Any:
        client.force_login(ballot.rater)
        return client.get(reverse("my-vote", args=[ballot.uuid]))

    def test_a_ballot_shows_what_was_answered_and_takes_nothing(self, client: Client) -> None:
        here = world(n_cases=2)
        ballot = judge(here, "right_strongly", reason="It says the dose.", confidence=3)
        text = self.look(client, ballot).content.decode()
        for shown in ("Right is much better", "It says the dose.", "High", "as you answered it"):
            assert shown in text
        main = text[text.index("<main") : text.index("</main>")]
        assert not re.search(r"<(form|input|textarea|select)\b", main)

    def test_the_clock_of_the_ballot_stays_as_it_was(self, client: Client) -> None:
        here = world(n_cases=2)
        ballot = judge(here)
        self.look(client, ballot)
        assert Ballot.objects.get(pk=ballot.pk).opened_at == ballot.opened_at

    def test_an_open_ballot_is_on_the_voting_page(self, client: Client) -> None:
        here = world(n_cases=2)
        ballot = ballot_next(rater=here.rater, study=here.study)
        assert ballot
        answer = self.look(client, ballot)
        assert answer["Location"] == reverse("vote", args=[here.study.slug])

    def test_while_a_ballot_of_the_case_lies_open_its_earlier_ones_stay_shut(
        self, client: Client
    ) -> None:
        here = world(n_cases=1, n_systems=3)
        first = judge(here, "left_strongly")
        assert ballot_next(rater=here.rater, study=here.study)
        answer = self.look(client, first)
        assert answer["Location"] == reverse("my-votes", args=[here.study.slug])
        text = page_of(client, here)
        assert "on your desk now" in text
        assert "much better" not in text
        judge(here)
        judge(here)
        assert self.look(client, first).status_code == 200

    def test_a_closed_study_can_still_be_looked_at_with_its_files(self, client: Client) -> None:
        here = world("mask", n_cases=2)
        ballot = judge(here)
        closed(here)
        text = self.look(client, ballot).content.decode()
        urls = sorted(set(re.findall(r'src="(/ballots/[^"]+)"', text)))
        assert len(urls) == 3
        assert {client.get(url).status_code for url in urls} == {200}

    def test_a_withdrawn_case_is_not_shown_again_nor_are_its_files(self, client: Client) -> None:
        here = world("mask", n_cases=2)
        ballot = judge(here)
        text = self.look(client, ballot).content.decode()
        Case.objects.filter(pk=ballot.comparison.case_version.case_id).update(
            withdrawn_at=timezone.now(), withdrawn_reason="A rater may have recognised the patient."
        )
        assert self.look(client, ballot).status_code == 404
        for url in set(re.findall(r'src="(/ballots/[^"]+)"', text)):
            assert client.get(url).status_code == 404
        title = ballot.comparison.case_version.title
        assert f">{title}<" not in page_of(client, here)

    def test_a_ballot_that_was_never_shown_is_not_shown_now(self, client: Client) -> None:
        here = world(n_cases=2, n_systems=3)
        ballot = ballot_next(rater=here.rater, study=here.study)
        assert ballot
        Ballot.objects.update(status="skipped", answered_at=timezone.now())
        assert self.look(client, ballot).status_code == 404

    def test_it_is_the_raters_alone(self, client: Client) -> None:
        here = world(n_cases=2, n_raters=2)
        ballot = judge(here)
        client.force_login(here.raters[1])
        assert client.get(reverse("my-vote", args=[ballot.uuid])).status_code == 404


class TestBlinding:
    @pytest.mark.parametrize("kind", ["summary", "mask", "spans"])
    @pytest.mark.parametrize("over", [False, True])
    def test_no_page_names_a_system_also_once_the_study_is_closed(
        self, client: Client, kind: str, over: bool
    ) -> None:
        here = world(kind, n_cases=2, n_systems=3)
        in_a_circle(here)
        if over:
            closed(here)
        pages = {"list": page_of(client, here)}
        for ballot in Ballot.objects.all():
            answer = client.get(reverse("my-vote", args=[ballot.uuid]))
            pages[str(ballot)] = f"{answer.headers}{answer.content.decode()}"
        for name, text in pages.items():
            for given in giveaways(here):
                assert given not in text.lower(), f"{given!r} in {name}"

    def test_exchanging_who_made_what_on_one_case_changes_nothing(self, client: Client) -> None:
        """So no letter, order or number of the page links outputs of two cases."""
        here = world(n_cases=2, n_systems=3)
        in_a_circle(here)
        before = page_of(client, here)
        outputs = list(Generation.objects.filter(case_version=here.cases[0]).order_by("pk"))
        systems = [output.study_system_id for output in outputs]
        Generation.objects.filter(case_version=here.cases[0]).update(repeat=9)
        for output, system in zip(outputs, [*systems[1:], systems[0]], strict=True):
            Generation.objects.filter(pk=output.pk).update(study_system=system, repeat=0)
        assert stable(page_of(client, here).encode()) == stable(before.encode())
