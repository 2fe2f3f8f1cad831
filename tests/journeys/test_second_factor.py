"""Setting up a second factor and signing in with it, in a browser."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from playwright.sync_api import Page, expect
from pytest_django import Settings

from arena.accounts.models import User
from tests.journeys.browser import look

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "a-long-secret-of-nobody"
KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def admin(transactional_db: None, settings: Settings) -> User:
    cache.clear()
    settings.SECOND_FACTOR = "admins"
    return User.objects.create_superuser("admin@example.org", PASSWORD)


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("admin@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()


def confirm(page: Page) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Confirm").click()


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_an_admin_sets_up_an_app_and_signs_in_with_its_code(page: Page, admin: User) -> None:
    sign_in(page)
    expect(page.get_by_role("heading", level=1, name="Second factor")).to_be_visible()
    expect(page.get_by_text("This installation asks you for a second factor")).to_be_visible()
    look(page, "second-factor")
    page.get_by_role("link", name="Set up an app").click()
    look(page, "second-factor-confirm")
    confirm(page)
    secret = page.locator("[data-secret]").inner_text().replace(" ", "")
    look(page, "second-factor-app")
    page.get_by_label("Code").fill(code_now(secret))
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("heading", level=1, name="Recovery codes")).to_be_visible()
    look(page, "second-factor-recovery-codes")

    page.context.clear_cookies()
    sign_in(page)
    look(page, "second-factor-sign-in")
    page.get_by_label("Code").fill(code_now(secret))
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="Records")).to_be_visible()


def test_an_admin_adds_a_security_key_and_signs_in_with_it(page: Page, admin: User) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    sign_in(page)
    page.get_by_role("link", name="Add a security key").click()
    confirm(page)
    look(page, "second-factor-key")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1, name="Recovery codes")).to_be_visible()
    page.goto("/accounts/2fa/webauthn/")
    look(page, "second-factor-keys")

    page.context.clear_cookies()
    sign_in(page)
    page.get_by_role("button", name="Use a security key").click()
    page.wait_for_url("/")
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="Records")).to_be_visible()
