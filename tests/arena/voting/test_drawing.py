"""Which ballots are drawn, for whom, and when there are none left."""

from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.accounts.models import User
from arena.core.errors import UserError
from arena.generations.models import Generation
from arena.studies.models import Case, Study
from arena.studies.services import case_withdraw
from arena.voting import candidates, services
from arena.voting.candidates import HELD
from arena.voting.counting import votes_counted
from arena.voting.models import Ballot, Skip
from arena.voting.services import ballot_next, ballot_skip
from tests.arena.voting.hands import cast, opened, vote_all
from tests.arena.voting.world import generation, rater, sample_record, system, world

pytestmark = pytest.mark.django_db


def test_an_open_ballot_is_resumed_and_a_second_one_never_drawn() -> None:
    here = world()
    first = ballot_next(rater=here.rater, study=here.study)
    assert ballot_next(rater=here.rater, study=here.study) == first
    assert Ballot.objects.count() == 1


def test_a_rater_sees_every_comparison_once_and_then_nothing() -> None:
    here = world(n_cases=3, n_systems=3)
    ballots = vote_all(here)
    assert len({ballot.comparison_id for ballot in ballots}) == len(ballots) == 9
    assert [ballot.position for ballot in ballots] == list(range(1, 10))


def test_a_comparison_with_enough_votes_is_shown_to_nobody_else() -> None:
    here = world(n_cases=1, n_raters=2, votes_per_comparison=1)
    assert len(vote_all(here)) == 1
    assert ballot_next(rater=here.raters[1], study=here.study) is None


def test_a_skipped_comparison_returns_to_the_pool_for_others_only() -> None:
    here = world(n_cases=1, n_raters=2, votes_per_comparison=1)
    ballot = opened(here)
    skip = ballot_skip(
        ballot_uuid=ballot.uuid, rater=here.rater, reason="not_my_specialty", attempt=1
    )
    again = ballot_skip(ballot_uuid=ballot.uuid, rater=here.rater, reason="cannot_judge", attempt=1)
    assert (skip, Skip.objects.count()) == (again, 1)
    assert ballot_next(rater=here.rater, study=here.study) is None
    assert opened(here, here.raters[1]).comparison == ballot.comparison
    assert not votes_counted(study=here.study, criterion="overall", origin="human").counted


def test_an_abandoned_ballot_gives_its_place_back_after_a_while() -> None:
    here = world(n_cases=1, n_raters=2, votes_per_comparison=1)
    ballot = opened(here)
    assert ballot_next(rater=here.raters[1], study=here.study) is None
    Ballot.objects.filter(pk=ballot.pk).update(drawn_at=timezone.now() - 2 * HELD)
    assert ballot_next(rater=here.raters[1], study=here.study) is not None


def test_a_failed_output_is_shown_against_an_answer_but_two_failures_are_not() -> None:
    here = world(n_cases=1, n_systems=0)
    by = here.study.created_by
    one, two = (system(here.study, by, name) for name in ("Ocelot", "Narwhal"))
    generation(one, here.cases[0], None)
    answered = generation(two, here.cases[0], None)
    assert ballot_next(rater=here.rater, study=here.study) is None
    Generation.objects.filter(pk=answered.pk).update(
        status="succeeded", record=sample_record("summary", 0)
    )
    assert ballot_next(rater=here.rater, study=here.study) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"status": "queued", "record": None},
        {"status": "external", "record": None},
        {"status": "cancelled", "record": None},
        {"names_its_maker": True},
    ],
)
def test_outputs_that_are_not_to_be_judged_are_never_shown(change: dict[str, Any]) -> None:
    here = world(n_cases=1)
    Generation.objects.filter(study_system=here.systems[0]).update(**change)
    assert ballot_next(rater=here.rater, study=here.study) is None


def test_the_same_output_of_two_systems_is_never_asked_about() -> None:
    here = world(n_cases=2, n_systems=3)
    twins = [here.systems[0].pk, here.systems[1].pk]
    same = Generation.objects.filter(study_system__in=twins, case_version=here.cases[0])
    same.update(record_digest="same")
    met = [{b.left.study_system_id, b.right.study_system_id} for b in vote_all(here)]
    assert len(met) == 5
    assert met.count(set(twins)) == 1, "on the other case only"


def test_a_case_on_which_systems_differ_is_found_among_many_where_they_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(candidates, "WINDOW", 1)
    here = world(n_cases=6)
    Generation.objects.exclude(case_version=here.cases[4]).update(record_digest="same")
    assert [ballot.comparison.case_version for ballot in vote_all(here)] == [here.cases[4]]


def test_failures_have_no_output_that_could_be_the_same() -> None:
    here = world(n_cases=1)
    Generation.objects.update(record_digest="")
    assert ballot_next(rater=here.rater, study=here.study) is not None


def test_withdrawn_systems_and_cases_are_never_drawn_and_their_open_ballots_end() -> None:
    here = world(n_cases=2, n_systems=3)
    ballot = opened(here)
    withdrawn = ballot.comparison.case_version.case
    withdrawn.withdrawn_at = timezone.now()
    withdrawn.save()
    here.systems[0].withdrawn_at = timezone.now()
    here.systems[0].save()
    following = vote_all(here)
    assert len(following) == 1
    assert following[0].comparison.case_version.case != withdrawn
    assert ballot.skips.get().note == "Withdrawn by the study."


def test_only_the_newest_version_of_a_case_is_drawn() -> None:
    here = world(n_cases=1)
    old = here.cases[0]
    new = type(old).objects.create(
        case=old.case, number=2, input_kind=old.input_kind, content=old.content, digest="b"
    )
    assert ballot_next(rater=here.rater, study=here.study) is None
    for n, competitor in enumerate(here.systems):
        generation(competitor, new, sample_record("summary", n))
    assert opened(here).comparison.case_version == new


@pytest.mark.parametrize(
    ("protocol", "profile", "said"),
    [
        ({"specialties": ["Radiology"]}, {"specialty": "surgery"}, "the specialty Radiology"),
        ({"professions": ["Physician"]}, {}, "your profile says nothing"),
        ({"least_verification": 2}, {"verification": 1}, "Registration number checked"),
    ],
)
def test_a_rater_the_protocol_does_not_ask_for_is_told_why(
    protocol: dict[str, Any], profile: dict[str, Any], said: str
) -> None:
    here = world(**protocol)
    user = rater(here.study, "other@example.org", **profile)
    with pytest.raises(UserError, match=said):
        ballot_next(rater=user, study=here.study)


def test_a_rater_who_meets_the_requirements_in_other_capitals_may_vote() -> None:
    here = world(specialties=["Radiology"])
    user = rater(here.study, "other@example.org", specialty="radiology")
    assert ballot_next(rater=user, study=here.study) is not None


def test_a_rater_never_judges_a_system_they_own_or_work_for() -> None:
    here = world(n_cases=4, n_systems=3)
    user = rater(here.study, "other@example.org", conflicts="Somebody, wombat maker")
    shown = {
        label
        for ballot in vote_all(here, user)
        for label in (ballot.left.study_system.label, ballot.right.study_system.label)
    }
    assert shown == {"Quetzal Label", "Narwhal Label"}


def test_the_same_seed_draws_the_same_ballots() -> None:
    here = world(n_cases=4, n_systems=3)
    first = ballot_next(rater=here.rater, study=here.study)
    assert first is not None
    seen = first.comparison_id, first.left_is_second
    first.delete()
    again = ballot_next(rater=here.rater, study=here.study)
    assert again is not None
    assert (again.comparison_id, again.left_is_second) == seen


def test_each_system_stands_left_about_as_often_as_right() -> None:
    """The rule alone is drawn a thousand times in tests/evaluation/test_pairing.py."""
    here = world(n_cases=15, n_systems=4, n_raters=2, votes_per_comparison=9)
    sides: Counter[str] = Counter()
    for user in here.raters:
        for _ in range(60):
            ballot = opened(here, user)
            sides[f"{ballot.left.study_system.label} left"] += 1
            sides[f"{ballot.right.study_system.label} right"] += 1
            ballot_skip(ballot_uuid=ballot.uuid, rater=user, reason="other", attempt=1)
    for label in (competitor.label for competitor in here.systems):
        left, right = sides[f"{label} left"], sides[f"{label} right"]
        assert 0.45 <= left / (left + right) <= 0.55


def test_a_study_larger_than_the_window_is_searched_to_its_last_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("arena.voting.candidates.WINDOW", 2)
    here = world(n_cases=9, n_systems=3)
    ballots = vote_all(here)
    assert len({ballot.comparison_id for ballot in ballots}) == 27


def test_what_a_search_of_the_study_found_is_looked_at_before_the_next_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searches = []

    def search(rater: candidates.Rater) -> list[int]:
        searches.append(rater)
        return real(rater)

    real = candidates._cases_with_work
    monkeypatch.setattr(candidates, "WINDOW", 1)
    monkeypatch.setattr(candidates, "_cases_with_work", search)
    monkeypatch.setattr(candidates, "_window", lambda *_, size, rng: [0] * size)
    here = world(n_cases=8)
    for _ in range(6):
        cast(opened(here))
    assert len(searches) == 1
    left = set(Case.objects.exclude(versions__comparison__ballots__status="voted"))
    for withdrawn in left:
        case_withdraw(case=withdrawn, by=here.study.created_by, reason="Doubtful.")
    assert ballot_next(rater=here.rater, study=here.study) is None
    assert (len(left), len(searches)) == (2, 2)


def test_a_ballot_is_drawn_again_where_another_tab_drew_and_answered_one_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = world()
    held = services.next_position

    def overtaken(*, rater: User, study: Study) -> int:
        position = held(rater=rater, study=study)
        monkeypatch.setattr(services, "next_position", held)
        cast(opened(here))
        return position

    monkeypatch.setattr(services, "next_position", overtaken)
    ballot = ballot_next(rater=here.rater, study=here.study)
    assert ballot is not None
    assert (ballot.position, ballot.status) == (2, Ballot.Status.OPEN)


def test_drawing_takes_as_many_queries_for_many_cases_and_votes_as_for_few() -> None:
    small, large = world(slug="small"), world(slug="large", n_cases=90, n_systems=4, n_raters=3)
    for user in large.raters[1:]:
        for _ in range(12):
            cast(opened(large, user))
    counts = []
    for here in (small, large):
        with CaptureQueriesContext(connection) as queries:
            ballot_next(rater=here.rater, study=here.study)
        counts.append(len(queries))
    assert counts[0] <= 24
    assert abs(counts[1] - counts[0]) <= 1, "a second window is read only at the end of the table"
