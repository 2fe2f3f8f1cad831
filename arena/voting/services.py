"""Drawing ballots and storing what raters answer. No vote is lost, none is counted twice."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.accounts.models import User
from arena.core.audit import audit_record
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.core.queue import TaskName, enqueue
from arena.studies.models import Protocol, Study
from arena.studies.services import case_withdraw
from arena.voting.answers import (
    UNKNOWN,
    Flag,
    Mark,
    Reading,
    text_checked,
)
from arena.voting.candidates import Draw, Pair, Rater, draw_for, rater_for
from arena.voting.identifiers import findings_refuse
from arena.voting.late import (
    GIVEN_BACK,
    WithdrawnBallotError,
    answer_is_late,
    late_vote_store,
)
from arena.voting.models import (
    QUALIFYING,
    Ballot,
    Comparison,
    Draft,
    Origin,
    Retraction,
    Skip,
    Vote,
)
from arena.voting.qualification import (
    qualification_note,
    qualification_of,
    qualifying_ballot,
)
from arena.voting.repeats import repeat_draw
from arena.voting.selectors import (
    ballot_is_void,
    ballot_open_of,
    next_position,
    protocol_for_rater,
)
from arena.voting.sittings import place_in_sitting
from arena.voting.vote_store import Answer, accepted_note, vote_store
from evaluation.pairing import choose, side_draw

STALE = gettext_lazy(
    "This page shows a ballot you have already answered; nothing was stored again. "
    "The current ballot is on the voting page."
)


class StaleBallotError(UserError):
    """The answer belongs to a page that is no longer current."""

    def __init__(self) -> None:
        super().__init__(str(STALE))


def ballot_next(
    *, rater: User, study: Study, origin: str = Origin.HUMAN, after: Ballot | None = None
) -> Ballot | None:
    """The rater's open ballot, or a newly drawn one; ``None`` when nothing is left to judge.

    ``after``: the ballot whose case the rater would like more of, as far as there is any.
    Raises ``UserError`` where the rater does not meet the protocol's requirements or did not
    qualify.
    """
    ballot = ballot_open_of(rater=rater, study=study)
    if ballot is not None and ballot_is_void(ballot=ballot):
        _give_back_void(ballot)
        ballot = None
    if ballot is not None:
        return ballot
    protocol = protocol_for_rater(study=study, rater=rater)
    if origin == Origin.HUMAN:
        ballot = qualifying_ballot(rater=rater, study=study, protocol=protocol)
    stays = after if after and after.protocol.offers_same_case else None
    case = stays.comparison.case_version.case_id if stays else None
    drawn = partial(
        ballot_draw, rater=rater, study=study, protocol=protocol, origin=origin, case=case
    )
    try:
        return ballot or drawn()
    except IntegrityError:  # another tab drew one and answered it meanwhile
        return drawn()


def _give_back_void(ballot: Ballot) -> None:
    """Once, though two tabs ask for the next ballot; not at all if a vote was faster."""
    with write_txn():
        held = _ballot_locked(ballot.uuid, ballot.rater)
        if (held.status, held.attempt) == (Ballot.Status.OPEN, ballot.attempt):
            _skip(held, reason=Skip.Reason.OTHER, note=GIVEN_BACK)


def ballot_waits(*, rater: User, study: Study) -> bool:
    """Whether ``ballot_next`` would give one now; nothing is drawn or stored.

    Raises ``UserError`` where the rater does not meet the protocol's requirements.
    """
    ballot = ballot_open_of(rater=rater, study=study)
    if ballot is not None and not ballot_is_void(ballot=ballot):
        return True
    protocol = protocol_for_rater(study=study, rater=rater)
    standing = qualification_of(rater=rater, study=study, protocol=protocol)
    if standing.due:
        return not standing.used_up
    drawing = rater_for(user=rater, study=study, protocol=protocol, origin=Origin.HUMAN)
    return draw_for(rater=drawing, rng=np.random.default_rng(study.seed)) is not None


def ballot_draw(
    *,
    rater: User,
    study: Study,
    protocol: Protocol,
    origin: str,
    rng: np.random.Generator | None = None,
    case: int | None = None,
) -> Ballot | None:
    """A new ballot: comparison and sides by chance, seeded by study, rater and position.

    ``case``: id of the case the rater asked to stay with; as long as there is more of it, no other
    comparison is asked again either.
    """
    position = next_position(rater=rater, study=study)
    rng = rng or np.random.default_rng([study.seed, rater.pk, position])
    drawing = rater_for(user=rater, study=study, protocol=protocol, origin=origin)
    repeats = rng.spawn(1)[0]
    draw = draw_for(rater=drawing, rng=rng, case=case)
    stays = draw is not None and draw.among is not None
    before = None if stays else repeat_draw(rater=drawing, position=position, rng=repeats)
    if before is not None:
        again = {"left_is_second": not before.left_is_second, "repeat": before.repeat + 1}
        return _store_ballot(drawing, before.comparison, position=position, **again)
    return _store_drawn(drawing, draw, position, rng) if draw else None


def _store_drawn(
    rater: Rater, draw: Draw, position: int, rng: np.random.Generator
) -> Ballot | None:
    choice = choose(rater.protocol.pairing, draw.candidates, draw.state, rng, draw.among)
    pair = draw.pairs[choice.index]
    drawn = {
        "position": position,
        "left_is_second": not side_draw(*_side_counts(rater, pair), rng),
        "probability": choice.probability,
        "same_case": draw.among is not None,
    }
    return _store_ballot(rater, pair, **drawn)


def _side_counts(rater: Rater, pair: Pair) -> tuple[int, int, int]:
    """For ``side_draw``: showings of this pair by side, and the first system's excess of lefts."""
    a, b = pair.first_system, pair.second_system
    first_left = second_left = excess = 0
    for shown in rater.history:
        left, right = shown.first_system, shown.second_system
        if shown.left_is_second:
            left, right = right, left
        first_left += (left, right) == (a, b)
        second_left += (left, right) == (b, a)
        excess += (left == a) - (right == a) - (left == b) + (right == b)
    return first_left, second_left, excess


def _store_ballot(rater: Rater, pair: Pair | Comparison, **drawn: Any) -> Ballot | None:
    """Two tabs may draw at the same time: the constraint lets one in, the other gets its ballot."""
    try:
        with write_txn():
            return Ballot.objects.create(
                study=rater.study,
                comparison=pair if isinstance(pair, Comparison) else _comparison(rater, pair),
                protocol=rater.protocol,
                rater=rater.user,
                origin=rater.origin,
                **drawn,
            )
    except IntegrityError:
        existing = ballot_open_of(rater=rater.user, study=rater.study)
        if existing is None:
            raise
        return existing


def _comparison(rater: Rater, pair: Pair) -> Comparison:
    of_case = {"study": rater.study, "case_version_id": pair.case_version}
    return Comparison.objects.get_or_create(
        first_id=pair.first, second_id=pair.second, defaults=of_case
    )[0]


def vote_cast(
    *,
    ballot_uuid: UUID | str,
    rater: User,
    outcomes: Mapping[str, str],
    attempt: int,
    flags: Sequence[Flag] = (),
    highlights: Sequence[Mark] = (),
    confidence: int | None = None,
    reason: str = "",
    reading: Reading = UNKNOWN,
    accept_findings: bool = False,
) -> Vote:
    """Store the vote with all that belongs to it, or nothing. A repeated submit changes nothing.

    Raises ``UserError`` for what the rater must mend, ``IdentifierError`` for words that may point
    to a patient unless ``accept_findings``, ``Ballot.DoesNotExist`` for a ballot that is not this
    rater's, ``WithdrawnBallotError`` where it came too late to count; it is kept all the same.
    """
    answer = Answer(
        outcomes, flags, highlights, confidence, reason, reading, accept_findings=accept_findings
    )
    with write_txn():
        ballot = _ballot_locked(ballot_uuid, rater)
        late = answer_is_late(ballot=ballot, attempt=attempt)
        if late:
            vote = late_vote_store(ballot, answer)
        elif (ballot.status, ballot.attempt) == (Ballot.Status.VOTED, attempt):
            return _stood_before(ballot)
        else:
            _require_open(ballot, attempt)
            vote = vote_store(ballot, answer)
        if ballot.status == Ballot.Status.OPEN:
            _answered(ballot, Ballot.Status.VOTED)
        enqueue(TaskName.REFRESH_LEADERBOARD, study_id=ballot.study_id)
    if late:
        raise WithdrawnBallotError
    return vote


def _stood_before(ballot: Ballot) -> Vote:
    vote = ballot.votes.get(attempt=ballot.attempt)
    vote.stood_before = True
    return vote


def ballot_skip(
    *,
    ballot_uuid: UUID | str,
    rater: User,
    reason: str,
    note: str = "",
    attempt: int,
    accept_findings: bool = False,
) -> Skip:
    """Give the ballot back unanswered; the comparison returns to the pool for other raters.

    Raises ``IdentifierError`` for a note that may point to a patient unless ``accept_findings``.
    """
    if reason not in Skip.Reason.values:
        raise UserError(f"Say why you skip: one of {', '.join(Skip.Reason.values)}.")
    with write_txn():
        ballot = _ballot_locked(ballot_uuid, rater)
        if ballot.status == Ballot.Status.SKIPPED and ballot.attempt == attempt:
            return ballot.skips.get(attempt=attempt)
        _require_open(ballot, attempt)
        accepted_note(ballot, findings_refuse({_("Note"): note}, accepted=accept_findings))
        if reason == Skip.Reason.IDENTIFIER:
            _stop_case(ballot)
        return _skip(ballot, reason=reason, note=text_checked(note, name="note", most=300))


def _skip(ballot: Ballot, *, reason: str, note: str) -> Skip:
    with write_txn():
        skip = Skip.objects.create(ballot=ballot, attempt=ballot.attempt, reason=reason, note=note)
        _answered(ballot, Ballot.Status.SKIPPED)
    return skip


def _stop_case(ballot: Ballot) -> None:
    """A patient who may be recognised outweighs the votes still missing; nobody is asked first."""
    case = ballot.comparison.case_version.case
    case_withdraw(case=case, by=ballot.rater, reason="A rater may have recognised the patient.")


def vote_undo(*, ballot_uuid: UUID | str, rater: User) -> Ballot:
    """Reopen the rater's latest ballot as long as the next one is not answered.

    The vote stays on record with a retraction; the ballot drawn since then is given back.
    """
    with write_txn():
        ballot = _ballot_locked(ballot_uuid, rater)
        if ballot.status == Ballot.Status.OPEN:
            return ballot
        _require_running(ballot.study)
        if ballot.origin == QUALIFYING:
            raise UserError(_("Answers of the qualification cannot be undone."))
        if ballot_is_void(ballot=ballot):
            raise UserError(_("The case was withdrawn since, so the answer cannot be undone."))
        _give_back_next(ballot)
        vote = ballot.votes.filter(attempt=ballot.attempt).first()
        if vote is not None and not Retraction.objects.filter(vote=vote).exists():
            Retraction.objects.create(vote=vote, reason="Undone by the rater.", by=rater)
            audit_record(actor=rater, action="vote.retract", target=f"vote {vote.pk}")
            enqueue(TaskName.REFRESH_LEADERBOARD, study_id=ballot.study_id)
        ballot.status, ballot.answered_at = Ballot.Status.OPEN, None
        ballot.attempt = F("attempt") + 1
        ballot.save(update_fields=["status", "answered_at", "attempt"])
        ballot.refresh_from_db(fields=["attempt"])
    return ballot


def _give_back_next(ballot: Ballot) -> None:
    """Only a ballot nothing was ever stored for is given back; anything later forbids the undo."""
    later = Ballot.objects.filter(
        rater=ballot.rater_id, study=ballot.study_id, position__gt=ballot.position
    )
    # A vote on it that is under way in another tab ends first, and is then seen below.
    list(later.filter(status=Ballot.Status.OPEN).select_for_update())
    if later.exclude(status=Ballot.Status.OPEN, attempt=1).exists():
        raise UserError(_("Only the latest answer can be undone, and you have answered since."))
    later.delete()


def _ballot_locked(uuid: UUID | str, rater: User) -> Ballot:
    """The rater's ballot, locked until the transaction ends, so that two submits take turns."""
    ballots = Ballot.objects.select_for_update(of=("self",))
    ballot = ballots.select_related("protocol", "study", "comparison").get(uuid=uuid, rater=rater)
    ballot.rater = rater
    return ballot


def _require_open(ballot: Ballot, attempt: int) -> None:
    if ballot.status != Ballot.Status.OPEN or ballot.attempt != attempt:
        raise StaleBallotError
    _require_running(ballot.study)
    if ballot.opened_at is None:
        raise UserError(_("This ballot has not been shown yet; open the voting page first."))


def _require_running(study: Study) -> None:
    if study.status != Study.Status.OPEN:
        raise UserError(_("The study is closed, so nothing was stored. Thank you for your votes."))


def _answered(ballot: Ballot, status: str) -> None:
    ballot.status, ballot.answered_at = status, timezone.now()
    ballot.sitting, ballot.sitting_place = place_in_sitting(ballot=ballot, at=ballot.answered_at)
    ballot.save(update_fields=["status", "answered_at", "sitting", "sitting_place"])
    Draft.objects.filter(ballot=ballot).delete()
    qualification_note(ballot)
