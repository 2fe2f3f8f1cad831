"""API tokens: shown once, stored as a hash."""

import hashlib
import secrets

from django.db.models.functions import Now
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from arena.accounts.models import ApiToken, User


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def token_create(*, user: User, label: str = "") -> str:
    """A new token for ``user``; the text returned is the only copy."""
    token = f"consilium_{secrets.token_urlsafe(32)}"
    ApiToken.objects.create(user=user, label=label, digest=token_digest(token))
    return token


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Token consilium_…``"""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).decode("latin-1").split()
        if not words or words[0].lower() not in {"token", "bearer"}:
            return None
        found = ApiToken.objects.select_related("user").filter(
            digest=token_digest(words[-1]), user__is_active=True
        )
        token = found.first()
        if token is None:
            raise AuthenticationFailed("This token is not known, or its account is switched off.")
        found.update(last_used_at=Now())
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the API's description names the token."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        said = "Authorization: Token consilium_…, made on the profile page."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": said}
