"""Members of a study and the links that invite them."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from arena.accounts.models import User
from arena.core.audit import audit_record
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.studies.models import Invitation, Membership, Study, new_token
from arena.studies.selectors import token_digest


def member_add(*, study: Study, user: User, role: str, by: User) -> Membership:
    """Give ``user`` a role in the study; giving it twice changes nothing."""
    if role not in Membership.Role.values:
        raise UserError(f"There is no role {role!r}; choose rater or coordinator.")
    with write_txn():
        membership, new = Membership.objects.get_or_create(study=study, user=user, role=role)
        if new:
            audit_record(
                actor=by,
                action="member.add",
                target=study.slug,
                detail={"user": user.pk, "role": role},
            )
    return membership


def member_remove(*, membership: Membership, by: User) -> None:
    """Take a role back; votes cast under it stay. A study keeps at least one coordinator."""
    study = membership.study
    with write_txn():
        coordinators = Membership.objects.filter(study=study, role=Membership.Role.COORDINATOR)
        last_one = coordinators.exclude(pk=membership.pk).first() is None
        if membership.role == Membership.Role.COORDINATOR and last_one:
            raise UserError("A study needs a coordinator: name another one first.")
        detail = {"user": membership.user_id, "role": membership.role}
        membership.delete()
        audit_record(actor=by, action="member.remove", target=study.slug, detail=detail)


def invitation_create(
    *,
    study: Study,
    by: User,
    role: str = Membership.Role.RATER,
    email: str = "",
    uses: int = 1,
    days: int = 14,
) -> tuple[Invitation, str]:
    """An invitation and its token, which is shown once: only its hash is stored."""
    _check_invitation(role=role, email=email, uses=uses, days=days)
    token = new_token()
    with write_txn():
        invitation = Invitation.objects.create(
            study=study,
            role=role,
            email=email.strip().lower(),
            token_digest=token_digest(token),
            uses_left=uses,
            expires_at=timezone.now() + timedelta(days=days),
            created_by=by,
        )
        detail = {"role": role, "uses": uses, "days": days, "bound": bool(email)}
        audit_record(actor=by, action="invitation.create", target=study.slug, detail=detail)
    return invitation, token


def invitation_revoke(*, invitation: Invitation, by: User) -> None:
    with write_txn():
        changed = Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(
            revoked_at=timezone.now()
        )
        if changed:
            audit_record(
                actor=by,
                action="invitation.revoke",
                target=invitation.study.slug,
                detail={"invitation": invitation.pk},
            )


def invitation_accept(*, token: str, user: User) -> Study:
    """Make ``user`` a member of the study the token invites to.

    A member who opens the link again uses nothing up. Raises ``UserError`` if the link is unknown,
    used up, expired, revoked or bound to another e-mail address.
    """
    invitation = (
        Invitation.objects.filter(token_digest=token_digest(token)).select_related("study").first()
    )
    if invitation is None:
        raise UserError(_("This invitation link is not known: check that it was copied in full."))
    study = invitation.study
    if study.memberships.filter(user=user, role=invitation.role).exists():
        return study
    _refuse_other_address(invitation, user)
    with write_txn():
        _use_up(invitation)
        member_add(study=study, user=user, role=invitation.role, by=user)
    return study


def _use_up(invitation: Invitation) -> None:
    """Take one use, if there is one: two people with the last use cannot both get it."""
    now = timezone.now()
    taken = Invitation.objects.filter(
        pk=invitation.pk, uses_left__gt=0, revoked_at=None, expires_at__gt=now
    ).update(uses_left=F("uses_left") - 1)
    if taken:
        return
    invitation.refresh_from_db()
    if invitation.revoked_at:
        raise UserError(_("This invitation was withdrawn: ask the coordinator for a new one."))
    if invitation.expires_at <= now:
        raise UserError(_("This invitation has expired: ask the coordinator for a new one."))
    raise UserError(_("This invitation has been used up: ask the coordinator for a new one."))


def _refuse_other_address(invitation: Invitation, user: User) -> None:
    """An invitation bound to an address works only for whoever signed in with that address."""
    if invitation.email and invitation.email.lower() != user.email.lower():
        raise UserError(
            f"This invitation is for another e-mail address: sign in with it, not as {user.email}."
        )


def _check_invitation(*, role: str, email: str, uses: int, days: int) -> None:
    if role not in Membership.Role.values:
        raise UserError(f"There is no role {role!r}; choose rater or coordinator.")
    if not 1 <= uses <= 1000:
        raise UserError(f"Uses: {uses} must be between 1 and 1000.")
    if not 1 <= days <= 365:
        raise UserError(f"Days: {days} must be between 1 and 365.")
    if email:
        _check_address(email)
    if email and uses != 1:
        raise UserError("Uses: an invitation for one address can be used once.")


def _check_address(email: str) -> None:
    try:
        validate_email(email.strip())
    except ValidationError as error:
        raise UserError(f"E-mail: {email!r} is not an address.") from error
