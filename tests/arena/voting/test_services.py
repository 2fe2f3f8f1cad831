"""Voting, skipping and undoing."""

from typing import Any

import pytest
from django.utils import timezone

from arena.accounts.models import RaterProfile
from arena.core.errors import UserError
from arena.core.models import AuditEvent, ImmutableError
from arena.generations.models import Generation
from arena.voting.answers import Flag, Mark
from arena.voting.counting import votes_counted
from arena.voting.models import Ballot, CriterionVote, Origin, Retraction, SafetyFlag, Vote
from arena.voting.selectors import ballot_undoable, rater_progress
from arena.voting.services import ballot_next, ballot_skip, vote_cast, vote_undo
from tests.arena.voting.hands import cast, opened
from tests.arena.voting.world import world

pytestmark = pytest.mark.django_db


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
