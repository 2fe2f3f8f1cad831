"""What there is to vote on, and how far raters are."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Max, OuterRef, Q, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.accounts.models import RaterProfile, User
from arena.accounts.services import rater_profile_for
from arena.core.errors import UserError
from arena.generations.models import StudySystem
from arena.studies.models import Case, Protocol, Study
from arena.studies.selectors import protocol_current
from arena.voting.models import QUALIFYING, Ballot, Vote

REQUIREMENT = {
    "profession": gettext_lazy(
        "This study asks for the profession {wanted}; your profile says {has}. Mend your profile "
        "if it is wrong."
    ),
    "specialty": gettext_lazy(
        "This study asks for the specialty {wanted}; your profile says {has}. Mend your profile "
        "if it is wrong."
    ),
}
LONGEST_SESSION = 500  # a longer way to go is not shown as a number to reach


def ballot_open_of(*, rater: User, study: Study) -> Ballot | None:
    return Ballot.objects.filter(rater=rater, study=study, status=Ballot.Status.OPEN).first()


def ballot_is_void(*, ballot: Ballot) -> bool:
    """Whether its case or one of its systems was withdrawn while the ballot lay open.

    Two short queries: one of eight tables takes ten milliseconds to plan.
    """
    pair = ballot.comparison
    cases = Case.objects.filter(versions=pair.case_version_id)
    systems = StudySystem.objects.filter(generations__in=[pair.first_id, pair.second_id])
    return any(them.filter(withdrawn_at__isnull=False).exists() for them in (cases, systems))


def ballot_undoable(*, rater: User, study: Study) -> Ballot | None:
    """The ballot that ``vote_undo`` would reopen now."""
    counting = Ballot.objects.exclude(origin=QUALIFYING)
    ballots = list(counting.filter(rater=rater, study=study).order_by("-position")[:2])
    if ballots and ballots[0].status == Ballot.Status.OPEN:
        reopened = ballots.pop(0).attempt > 1
        return None if reopened or not ballots else ballots[0]
    return ballots[0] if ballots else None


def ballot_answered_last(*, rater: User, study: Study) -> Ballot | None:
    answered = Ballot.objects.filter(rater=rater, study=study).exclude(status=Ballot.Status.OPEN)
    return answered.exclude(origin=QUALIFYING).order_by("-position").first()


def vote_taken_back(*, ballot: Ballot) -> Vote | None:
    """What the rater had answered before they undid it."""
    votes = Vote.objects.filter(ballot=ballot, attempt__lt=ballot.attempt)
    return votes.order_by("-attempt").first()


def next_position(*, rater: User, study: Study) -> int:
    last = Ballot.objects.filter(rater=rater, study=study).aggregate(last=Max("position"))["last"]
    return (last or 0) + 1


def protocol_for_rater(*, study: Study, rater: User) -> Protocol:
    """The study's current protocol, if the rater meets what it asks for.

    Raises ``UserError`` that says what is missing.
    """
    protocol = protocol_current(study=study)
    problem = requirement_unmet(protocol=protocol, profile=rater_profile_for(rater))
    if problem:
        raise UserError(problem)
    return protocol


def requirement_unmet(*, protocol: Protocol, profile: RaterProfile) -> str:
    """One sentence on what the rater lacks, or nothing."""
    for name, wanted in (("profession", protocol.professions), ("specialty", protocol.specialties)):
        has = getattr(profile, name).strip()
        if wanted and has.casefold() not in {str(value).strip().casefold() for value in wanted}:
            return str(REQUIREMENT[name]).format(
                wanted=_(" or ").join(_(str(word)) for word in wanted),
                has=_(has) if has else _("nothing"),
            )
    if profile.verification < protocol.least_verification:
        wanted_level = RaterProfile.Verification(protocol.least_verification).label
        return _("This study asks for raters verified by: {level}. Ask the coordinator.").format(
            level=wanted_level
        )
    return ""


@dataclass(frozen=True)
class RaterProgress:
    """How far a rater is. ``of`` is what there is at most; ``None`` where that is out of sight."""

    voted: int
    skipped: int
    of: int | None


def rater_progress(*, rater: User, study: Study) -> RaterProgress:
    counting = Ballot.objects.exclude(origin=QUALIFYING)
    done = counting.filter(rater=rater, study=study).aggregate(
        voted=Count("status", filter=Q(status=Ballot.Status.VOTED)),
        skipped=Count("status", filter=Q(status=Ballot.Status.SKIPPED)),
    )
    systems = StudySystem.objects.filter(study=study, withdrawn_at=None).count()
    offered = Case.objects.filter(study=study, withdrawn_at=None).order_by()
    cases = offered[: LONGEST_SESSION + 1].count()
    most = cases * systems * (systems - 1) // 2
    protocol = study.protocols.order_by("-version").first()
    most += most * protocol.repeat_percent // 100 if protocol else 0
    return RaterProgress(done["voted"], done["skipped"], most if most <= LONGEST_SESSION else None)


class RaterBallots(NamedTuple):
    """A rater's ballots in a study, by how they ended."""

    rater: str
    simulated: bool
    voted: int
    skipped: int
    last: datetime | None


def ballots_by_rater(*, study: Study) -> list[RaterBallots]:
    """Who has answered how many ballots, the busiest first; counted from an index alone."""
    ballots = Ballot.objects.filter(study=study)
    answered = ballots.exclude(status=Ballot.Status.OPEN).exclude(origin=QUALIFYING)
    counts = {
        row["rater"]: row
        for row in answered.values("rater").annotate(
            voted=Count("status", filter=Q(status=Ballot.Status.VOTED)),
            skipped=Count("status", filter=Q(status=Ballot.Status.SKIPPED)),
        )
    }
    last = answered.filter(rater=OuterRef("pk")).order_by("-position").values("answered_at")[:1]
    people = User.objects.filter(pk__in=list(counts)).annotate(last=Subquery(last))
    columns = ("pk", "name", "email", "rater_profile__simulated", "last")
    rows = [
        RaterBallots(
            name or email, bool(simulated), counts[pk]["voted"], counts[pk]["skipped"], last
        )
        for pk, name, email, simulated, last in people.order_by("email").values_list(*columns)
    ]
    return sorted(rows, key=lambda row: -row.voted)
