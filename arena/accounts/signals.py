"""Signing in and out, and changes of what one signs in with, leave a line in the audit trail."""

from typing import Any

from allauth.account import signals
from allauth.mfa import signals as second_factor
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import Signal

from arena.accounts.second_factor import GIVEN_BY
from arena.core.audit import audit_record

AUDITED: dict[Signal, str] = {
    user_logged_in: "account.sign-in",
    user_logged_out: "account.sign-out",
    signals.user_signed_up: "account.sign-up",
    signals.password_set: "account.password-set",
    signals.password_changed: "account.password-change",
    signals.password_reset: "account.password-reset",
    signals.email_changed: "account.email-change",
    second_factor.authenticator_added: "account.second-factor-add",
    second_factor.authenticator_removed: "account.second-factor-remove",
    second_factor.authenticator_reset: "account.second-factor-reset",
}


def audit_account(sender: object, signal: Signal, user: Any = None, **kwargs: Any) -> None:
    """The account number is enough: addresses and client IPs stay out of the trail."""
    if user is not None:
        audit_record(actor=user, action=AUDITED[signal], target=f"user {user.pk}")


def note_given(sender: object, request: Any = None, user: Any = None, **kwargs: Any) -> None:
    """In the session: those begun before there was a factor are the ones that end."""
    if request is not None and user is not None:
        request.session[GIVEN_BY] = user.pk


def connect() -> None:
    for given in (second_factor.authenticator_used, second_factor.authenticator_added):
        given.connect(note_given, dispatch_uid="second factor given")
    for signal, action in AUDITED.items():
        signal.connect(audit_account, dispatch_uid=f"audit {action}")
