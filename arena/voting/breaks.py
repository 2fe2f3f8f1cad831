"""The suggestion of a break, and that a rater did not want one: kept in their web session."""

from dataclasses import astuple

from arena.accounts.http import SignedInRequest
from arena.accounts.services import rater_profile_for
from arena.studies.models import Protocol, Study
from arena.voting.sittings import Dismissed, Sitting, break_due, sitting_of


def break_suggested(*, request: SignedInRequest, protocol: Protocol) -> Sitting | None:
    """The sitting that has become long, if it has."""
    kept = request.session.get(_key(protocol.study))
    return break_due(
        rater=request.user,
        protocol=protocol,
        profile=rater_profile_for(request.user),
        dismissed=Dismissed(*kept) if kept else None,
    )


def break_dismiss(*, request: SignedInRequest, study: Study) -> None:
    sitting = sitting_of(rater=request.user, study=study)
    if sitting is not None:
        dismissed = Dismissed(sitting.number, sitting.ballots, sitting.minutes)
        request.session[_key(study)] = astuple(dismissed)


def _key(study: Study) -> str:
    return f"break-{study.pk}"
