"""Second factors lie in the database sealed by the vault: a copy of it opens nothing."""

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator

from arena.core.errors import UserError
from arena.core.vault import resealed, sealed, unsealed

GIVEN_BY = "second-factor-given-by"
"""In a session: the person who gave their factor in it, or set it up."""
SEALED = ("secret", "seed")  # of an authenticator app, of recovery codes


class SealedAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        return sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unsealed(encrypted_text)


def factor_reseal(factor: Authenticator) -> int:
    """Seal the factor with the newest vault key; how many secrets that were.

    Raises ``UserError`` where the key that sealed it is gone.
    """
    held = [name for name in SEALED if name in factor.data]
    if not held:
        return 0
    fresh = {name: resealed(factor.data[name]) for name in held}
    stored = Authenticator.objects.filter(pk=factor.pk, data=factor.data)
    return len(held) * int(stored.update(data=factor.data | fresh))


def factors_reseal() -> tuple[int, list[str]]:
    """Seal every second factor anew: how many secrets, and whose cannot be read any more."""
    done, unreadable = 0, []
    for factor in Authenticator.objects.select_related("user"):
        try:
            done += factor_reseal(factor)
        except UserError:
            unreadable.append(f"second factor of user {factor.user_id}")
    return done, unreadable
