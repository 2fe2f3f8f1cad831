"""A ballot belongs to its rater; for everybody else it does not exist."""

from uuid import UUID

from django.http import Http404

from arena.accounts.models import User
from arena.studies.access import Action, Actor, study_for
from arena.studies.models import Study
from arena.voting.models import Ballot


def ballot_for(*, user: Actor, uuid: UUID) -> Ballot:
    """The rater's own ballot in a study they may vote in.

    Raises ``Http404`` for anybody else's ballot, ``PermissionDenied`` once voting has ended.
    """
    ballot = _own_ballot(user, uuid)
    study_for(user=user, slug=ballot.study.slug, action=Action.VOTE)
    return ballot


def ballot_shown_to(*, user: Actor, uuid: UUID) -> Ballot:
    """The rater's own ballot, to be looked at: open, or once answered as long as they like.

    Raises ``Http404`` for anybody else's and for an answered one whose case was withdrawn.
    """
    ballot = _own_ballot(user, uuid)
    if ballot.status == Ballot.Status.OPEN:
        study_for(user=user, slug=ballot.study.slug, action=Action.VOTE)
        return ballot
    study_for(user=user, slug=ballot.study.slug, action=Action.SEE_OWN_VOTES)
    if ballot.comparison.case_version.case.withdrawn_at is not None:
        raise Http404("The case was withdrawn.")
    return ballot


def _own_ballot(user: Actor, uuid: UUID) -> Ballot:
    if not isinstance(user, User):
        raise Http404("No such ballot.")
    ballots = Ballot.objects.select_related("study", "comparison__case_version__case")
    ballot = ballots.filter(uuid=uuid, rater=user).first()
    if ballot is None:
        raise Http404("No such ballot.")
    return ballot


def ballot_of(*, study: Study, rater: User, uuid: UUID) -> Ballot:
    """The rater's ballot of the study whose door let them in, and of no other.

    Raises ``Ballot.DoesNotExist``; a study they may no longer vote in has no back door.
    """
    return Ballot.objects.get(study=study, rater=rater, uuid=uuid)
