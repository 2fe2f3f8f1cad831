"""Who may do what: the one table that every view, page and API path asks.

``study_for`` both fetches and authorises, so no view can forget. What a person may not know of
answers 404; what they know of but may not do answers 403.
"""

from enum import StrEnum

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _

from arena.accounts.models import User
from arena.studies.models import Membership, Study


class Role(StrEnum):
    PUBLIC = "public"
    RATER = "rater"
    COORDINATOR = "coordinator"
    ADMIN = "admin"


class Action(StrEnum):
    """Named study:verb-object."""

    SEE = "study:see"
    VOTE = "study:vote"
    SEE_OWN_VOTES = "study:see-own-votes"
    SEE_LEADERBOARD = "study:see-leaderboard"
    SEE_AGREEMENT = "study:see-agreement"
    DOWNLOAD = "study:download"
    MANAGE = "study:manage"


STAFF = frozenset({Role.COORDINATOR, Role.ADMIN})
MEMBERS = STAFF | {Role.RATER}
EVERYBODY = MEMBERS | {Role.PUBLIC}
Actor = User | AnonymousUser


def roles_for(*, action: Action, study: Study) -> frozenset[Role]:
    """The roles that may perform ``action`` on ``study`` as it stands."""
    published = study.leaderboard_published and study.visibility == Study.Visibility.PUBLIC
    closed = study.status in {Study.Status.CLOSED, Study.Status.ARCHIVED}
    drafted = study.status == Study.Status.DRAFT
    seen = EVERYBODY if study.visibility == Study.Visibility.PUBLIC else MEMBERS
    votes_taken = study.status == Study.Status.OPEN and not study.ethics_expired
    table = {
        Action.SEE: STAFF if drafted else seen,
        Action.VOTE: frozenset({Role.RATER}) if votes_taken else frozenset(),
        # What a rater answered stays theirs to look at, also once no more votes are taken.
        Action.SEE_OWN_VOTES: frozenset() if drafted else frozenset({Role.RATER}),
        # Raters of an open study do not see its results: they would vote with the board. Where the
        # board is public nothing can keep them from it, so there it moves in steps (leaderboards).
        Action.SEE_LEADERBOARD: EVERYBODY if published else (MEMBERS if closed else STAFF),
        Action.SEE_AGREEMENT: EVERYBODY if published else (MEMBERS if closed else STAFF),
        Action.DOWNLOAD: EVERYBODY if published and closed else STAFF,
        Action.MANAGE: STAFF,
    }
    return table[action]


def roles_of(*, user: Actor, study: Study) -> frozenset[Role]:
    if not isinstance(user, User):
        return frozenset({Role.PUBLIC})
    held = Membership.objects.filter(study=study, user=user).values_list("role", flat=True)
    admin = {Role.ADMIN} if user.is_superuser else set()
    return frozenset({Role.PUBLIC, *(Role(role) for role in held), *admin})


def may(*, user: Actor, action: Action, study: Study) -> bool:
    return bool(roles_of(user=user, study=study) & roles_for(action=action, study=study))


def may_create_study(user: Actor) -> bool:
    """Whoever the operator lets: everybody signed in, people who run a study already, or admins."""
    if not isinstance(user, User):
        return False
    if user.is_superuser or settings.STUDY_CREATORS == "everybody":
        return True
    run = Membership.objects.filter(user=user, role=Membership.Role.COORDINATOR)
    return settings.STUDY_CREATORS == "coordinators" and run.exists()


def study_for(*, user: Actor, slug: str, action: Action) -> Study:
    """The study, if ``user`` may perform ``action`` on it.

    Raises ``Http404`` where the study does not exist for this person, ``PermissionDenied`` where
    they may see it but not do this.
    """
    study = Study.objects.filter(slug=slug).first()
    if study is None:
        raise Http404("No such study.")
    roles = roles_of(user=user, study=study)
    if roles & roles_for(action=action, study=study):
        return study
    if roles & roles_for(action=Action.SEE, study=study):
        raise PermissionDenied(_refusal(action, roles))
    raise Http404("No such study.")


def _refusal(action: Action, roles: frozenset[Role]) -> str:
    """Why somebody who sees the study may not do this: a rater is never told to ask for a role."""
    if action == Action.VOTE and Role.RATER in roles:
        return _("This study takes no votes now. Every vote you gave is kept: thank you.")
    return _("Your role in this study does not include this. Its coordinator can change your role.")
