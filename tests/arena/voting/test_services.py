"""Drawing, voting, skipping and undoing."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.accounts.models import RaterProfile, User
from arena.core.errors import UserError
from arena.core.models import AuditEvent, ImmutableError
from arena.generations.models import Generation
from arena.studies.models import Case, Study
from arena.studies.services import case_withdraw
from arena.voting import candidates, services
from arena.voting.answers import Flag, Mark
from arena.voting.candidates import HELD
from arena.voting.counting import votes_counted
from arena.voting.models import Ballot, CriterionVote, Origin, Retraction, SafetyFlag, Skip, Vote
from arena.voting.selectors import ballot_undoable, rater_progress
from arena.voting.services import ballot_next, ballot_skip, vote_cast, vote_undo
from tests.arena.voting.world import World, generation, rater, sample_record, system, world

pytestmark = pytest.mark.django_db


def opened(here: World, user: Any = None) -> Ballot:
    ballot = ballot_next(rater=user or here.rater, study=here.study)
    assert ballot is not None
    ballot.opened_at = timezone.now() - timedelta(seconds=30)
    ballot.save()
    return ballot


def cast(ballot: Ballot, outcome: str = "left_strongly", **changes: Any) -> Vote:
    answer = {"outcomes": {"overall": outcome}, "attempt": ballot.attempt, **changes}
    return vote_cast(ballot_uuid=ballot.uuid, rater=ballot.rater, **answer)


def vote_all(here: World, user: Any = None) -> list[Ballot]:
    """Vote until nothing is left."""
    ballots = []
    while ballot_next(rater=user or here.rater, study=here.study):
        ballots.append(opened(here, user))
        cast(ballots[-1])
    return ballots


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


def test_a_vote_is_stored_with_all_that_belongs_to_it() -> None:
    here = world(criteria=("overall", "accuracy"))
    ballot = opened(here)
    vote = vote_cast(
        ballot_uuid=ballot.uuid,
        rater=here.rater,
        outcomes={"overall": "right_slightly", "accuracy": "tie"},
        attempt=1,
        flags=[Flag("left", "severe", "high", ("treatment", "omission"), "Ten-fold dose")],
        highlights=[Mark("left", start=2, end=9, error_type="treatment", significant=True)],
        confidence=3,
        reason="  Dose.  ",
    )
    ballot.refresh_from_db()
    assert ballot.status == Ballot.Status.VOTED
    assert 29 < vote.seconds < 60
    assert (vote.reason, vote.confidence) == ("Dose.", 3)
    outcomes = dict(vote.criterion_votes.values_list("criterion__key", "outcome"))
    assert outcomes == {"overall": "right_slightly", "accuracy": "tie"}
    flag, mark = vote.safety_flags.get(), vote.highlights.get()
    assert (flag.side, flag.error_types) == ("left", ["omission", "treatment"])
    assert (mark.start, mark.end, mark.significant) == (2, 9, True)
    (row,) = votes_counted(study=here.study, criterion="overall", origin="human").counted
    assert row.flags["left"].extent == "severe"


def test_a_repeated_submit_returns_the_first_vote_unchanged() -> None:
    ballot = opened(world())
    first = cast(ballot, "left_strongly")
    assert cast(ballot, "right_strongly") == first
    assert CriterionVote.objects.get().outcome == "left_strongly"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"outcomes": {}}, "choose an answer for “Overall”"),
        ({"outcomes": {"overall": "left"}}, "'left' is not an answer"),
        ({"outcomes": {"overall": "tie", "style": "tie"}}, "does not ask for 'style'"),
        ({"flags": [Flag("middle", "severe", "low")]}, "side of a safety flag"),
        ({"flags": [Flag("left", "awful", "low")]}, "extent of harm"),
        ({"flags": [Flag("left", "severe", "low")] * 2}, "flagged once"),
        ({"flags": [Flag("left", "severe", "low", ("typo",))]}, "type of error"),
        ({"highlights": [Mark("left")]}, "its type of error is one of omission, missed_comparison"),
        ({"highlights": [Mark("left", start=5)]}, "span of text or a region"),
        ({"highlights": [Mark("left", start=5, end=5)]}, "begin before it ends"),
        ({"confidence": 7}, "confidence"),
        ({"reason": "x" * 4001}, "4001 characters"),
        ({"attempt": 2}, "already answered"),
    ],
)
def test_a_faulty_vote_is_refused_whole(changes: dict[str, Any], said: str) -> None:
    ballot = opened(world())
    with pytest.raises(UserError, match=said):
        cast(ballot, **changes)
    assert not Vote.objects.exists()
    ballot.refresh_from_db()
    assert ballot.status == Ballot.Status.OPEN


def test_a_three_step_protocol_refuses_the_slight_steps() -> None:
    ballot = opened(world(scale="three"))
    with pytest.raises(UserError, match="left_slightly"):
        cast(ballot, "left_slightly")
    cast(ballot, "both_unacceptable")


def test_nobody_votes_on_the_ballot_of_another_rater() -> None:
    here = world(n_raters=2)
    ballot = opened(here)
    with pytest.raises(Ballot.DoesNotExist):
        vote_cast(
            ballot_uuid=ballot.uuid,
            rater=here.raters[1],
            outcomes={"overall": "tie"},
            attempt=1,
        )


def test_a_closed_study_takes_no_vote_and_says_so() -> None:
    here = world()
    ballot = opened(here)
    here.study.status, here.study.closed_at = "closed", timezone.now()
    here.study.save()
    with pytest.raises(UserError, match="study is closed"):
        cast(ballot)


def test_votes_cannot_be_edited_or_deleted() -> None:
    vote = cast(opened(world()))
    vote.reason = "Better thought"
    with pytest.raises(ImmutableError):
        vote.save()
    with pytest.raises(ImmutableError):
        vote.delete()
    with pytest.raises(ImmutableError):
        CriterionVote.objects.update(outcome="tie")


def test_undo_retracts_the_vote_and_gives_the_next_ballot_back() -> None:
    here = world(n_cases=3)
    ballot = opened(here)
    vote = cast(ballot)
    following = opened(here)
    assert ballot_undoable(rater=here.rater, study=here.study) == ballot
    reopened = vote_undo(ballot_uuid=ballot.uuid, rater=here.rater)
    assert (reopened.status, reopened.attempt) == ("open", 2)
    assert vote_undo(ballot_uuid=ballot.uuid, rater=here.rater).attempt == 2
    assert not Ballot.objects.filter(pk=following.pk).exists()
    assert Retraction.objects.get().vote == vote
    assert AuditEvent.objects.filter(action="vote.retract").count() == 1
    assert ballot_next(rater=here.rater, study=here.study) == ballot
    assert not votes_counted(study=here.study, criterion="overall", origin="human").counted
    cast(reopened, "tie")
    counted = votes_counted(study=here.study, criterion="overall", origin="human")
    assert [row.outcome for row in counted.counted] == ["tie"]


def test_the_page_of_an_undone_vote_cannot_store_again() -> None:
    here = world()
    ballot = opened(here)
    cast(ballot)
    vote_undo(ballot_uuid=ballot.uuid, rater=here.rater)
    with pytest.raises(UserError, match="already answered"):
        cast(ballot)
    ballot.refresh_from_db()
    cast(ballot, "tie")
    with pytest.raises(UserError, match="already answered"):
        cast(ballot, attempt=1)


def test_only_the_latest_answer_can_be_undone() -> None:
    here = world(n_cases=3)
    first = opened(here)
    cast(first)
    second = opened(here)
    cast(second)
    with pytest.raises(UserError, match="Only the latest"):
        vote_undo(ballot_uuid=first.uuid, rater=here.rater)
    vote_undo(ballot_uuid=second.uuid, rater=here.rater)
    assert ballot_undoable(rater=here.rater, study=here.study) is None
    with pytest.raises(UserError, match="Only the latest"):
        vote_undo(ballot_uuid=first.uuid, rater=here.rater)


def test_a_skip_can_be_undone_too() -> None:
    here = world()
    ballot = opened(here)
    ballot_skip(ballot_uuid=ballot.uuid, rater=here.rater, reason="cannot_judge", attempt=1)
    vote_undo(ballot_uuid=ballot.uuid, rater=here.rater)
    assert ballot_next(rater=here.rater, study=here.study) == ballot


def test_whoever_recognises_the_patient_stops_the_case_for_everybody_at_once() -> None:
    here = world(n_cases=1, n_raters=2)
    ballot = opened(here)
    other = opened(here, here.raters[1])
    ballot_skip(ballot_uuid=ballot.uuid, rater=here.rater, reason="identifier", attempt=1)
    assert ballot_next(rater=here.raters[1], study=here.study) is None
    assert other.skips.exists()
    with pytest.raises(UserError, match="case was withdrawn"):
        vote_undo(ballot_uuid=ballot.uuid, rater=here.rater)


def test_votes_that_do_not_count_say_why() -> None:
    here = world(n_cases=3, least_seconds=10)
    fast = opened(here)
    fast.opened_at = timezone.now()
    fast.save()
    cast(fast)
    leaked, fine = opened(here), None
    cast(leaked)
    Generation.objects.filter(pk=leaked.left.pk).update(names_its_maker=True)
    fine = opened(here)
    vote = cast(fine)
    counted = votes_counted(study=here.study, criterion="overall", origin="human")
    assert counted.excluded_counts == {"names_its_maker": 1, "too_fast": 1}
    (row,) = counted.counted
    assert row.vote == vote.pk
    assert (row.left, row.right) == (
        fine.left.study_system.label,
        fine.right.study_system.label,
    )
    assert row.pseudonym == RaterProfile.objects.get(user=here.rater).pseudonym
    cut = votes_counted(study=here.study, criterion="overall", origin="human", up_to=vote.pk - 1)
    assert (len(cut.counted), len(cut.excluded)) == (0, 2)
    simulated = votes_counted(study=here.study, criterion="overall", origin=Origin.SIMULATED)
    assert not simulated.counted + simulated.excluded


@pytest.mark.parametrize("origin", [Origin.HUMAN, Origin.SIMULATED])
def test_the_first_simulated_vote_marks_its_study(origin: Origin) -> None:
    here = world()
    ballot = opened(here)
    Ballot.objects.filter(pk=ballot.pk).update(origin=origin)
    cast(ballot)
    here.study.refresh_from_db()
    assert here.study.holds_simulated_votes is (origin == Origin.SIMULATED)


def test_progress_counts_votes_and_skips_and_what_there_is() -> None:
    here = world(n_cases=3, n_systems=3)
    cast(opened(here))
    ballot = opened(here)
    ballot_skip(ballot_uuid=ballot.uuid, rater=here.rater, reason="other", attempt=1)
    progress = rater_progress(rater=here.rater, study=here.study)
    assert (progress.voted, progress.skipped, progress.of) == (1, 1, 9)
    assert SafetyFlag.objects.count() == 0
