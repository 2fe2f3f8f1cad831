"""API tokens: made by a command or on the profile page, shown once, revocable."""

import hashlib

import pytest
from django.core.management import CommandError, call_command

from arena.accounts.models import ApiToken, User
from arena.core.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_create_token_prints_a_token_that_only_its_hash_is_kept_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    user = User.objects.create_user("Ada@example.org")
    call_command("create_token", "ada@EXAMPLE.org")
    token = capsys.readouterr().out.strip()
    stored = ApiToken.objects.get(user=user)
    assert stored.digest == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(vars(stored))
    assert AuditEvent.objects.get().action == "api-token.create"


def test_create_token_for_nobody_says_what_to_do() -> None:
    with pytest.raises(CommandError, match=r"has the address x@example\.org"):
        call_command("create_token", "x@example.org")


def test_create_token_refuses_an_account_that_is_switched_off() -> None:
    User.objects.create_user("off@example.org", is_active=False)
    with pytest.raises(CommandError, match="No active account"):
        call_command("create_token", "off@example.org")
