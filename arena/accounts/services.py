"""What changes about people."""

from arena.accounts.models import ApiToken, RaterProfile, User
from arena.accounts.tokens import token_create
from arena.core.audit import audit_record
from arena.core.db import write_txn

TOUR = 1  # counts up when the first steps of the voting page change, so that all see them anew


def rater_profile_for(user: User) -> RaterProfile:
    """The profile of ``user``; made on first need, with a pseudonym that then never changes."""
    profile: RaterProfile | None = getattr(user, "rater_profile", None)
    return profile or RaterProfile.objects.get_or_create(user=user)[0]


def tour_note(*, user: User) -> None:
    """The rater has seen the first steps, or did not want to."""
    profile = rater_profile_for(user)
    if profile.tour_seen < TOUR:
        profile.tour_seen = TOUR
        profile.save(update_fields=["tour_seen"])


def api_token_create(*, user: User, label: str = "", by: User | str) -> str:
    """A new API token for ``user``; the text returned is the only copy."""
    with write_txn():
        token = token_create(user=user, label=label)
        audit_record(actor=by, action="api-token.create", target=f"user {user.pk}")
    return token


def api_token_revoke(*, token: ApiToken, by: User) -> None:
    with write_txn():
        audit_record(actor=by, action="api-token.revoke", target=f"user {token.user_id}")
        token.delete()
