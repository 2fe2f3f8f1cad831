"""Signing in and up by e-mail."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from arena.accounts.models import User
from arena.core.models import AuditEvent

pytestmark = pytest.mark.django_db
PASSWORD = "a long pass phrase"
PAGES = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/confirm-email/",
    "/accounts/inactive/",
]
OWN_PAGES = [
    "/accounts/logout/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
    "/profile/",
]


@pytest.fixture(autouse=True)
def no_attempts_yet() -> None:
    cache.clear()


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada@example.org", PASSWORD)


def sign_in(client: Client, email: str = "ada@example.org", password: str = PASSWORD, **more: str):
    return client.post("/accounts/login/", {"login": email, "password": password, **more})


def actions() -> list[str]:
    return list(AuditEvent.objects.values_list("action", flat=True))


def test_signing_in_and_out_is_in_the_audit_trail_without_the_address(
    client: Client, ada: User
) -> None:
    assert sign_in(client, "ADA@example.org").status_code == 302
    client.post("/accounts/logout/")
    assert actions() == ["account.sign-in", "account.sign-out"]
    lines = " ".join(str(event) + str(event.detail) for event in AuditEvent.objects.all())
    assert "example.org" not in lines
    assert str(ada.pk) in lines


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    client: Client, ada: User
) -> None:
    def said(email: str) -> str:
        page = sign_in(client, email, "wrong").content.decode()
        return "".join(re.findall(r'role="alert">(.*?)<', page))

    assert said("ada@example.org") == said("nobody@example.org") != ""


def test_after_five_wrong_passwords_the_account_rests_even_with_the_right_one(
    client: Client, ada: User
) -> None:
    for _ in range(5):
        sign_in(client, password="wrong")
    answer = sign_in(client)
    assert answer.status_code == 200
    assert "Too many failed login attempts" in answer.content.decode()


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/profile/", "/profile/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_next_leads_only_to_this_site(client: Client, ada: User, wanted: str, reached: str) -> None:
    assert sign_in(client, next=wanted).headers["Location"] == reached


def test_signing_up_leads_on_to_where_one_was_going(client: Client) -> None:
    form = {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post("/accounts/signup/", form | {"next": "/profile/"})
    assert answer.headers["Location"] == "/profile/"
    assert User.objects.get(email="new@example.org").check_password(PASSWORD)
    assert "account.sign-up" in actions()


def test_signing_up_with_a_known_address_does_not_tell_a_stranger_so(
    client: Client, ada: User, settings
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    form = {"email": "Ada@example.org", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post("/accounts/signup/", form)
    assert answer.headers["Location"] == "/accounts/confirm-email/"
    assert User.objects.count() == 1


def test_a_forgotten_password_is_replaced_through_the_mailed_link(
    client: Client, ada: User
) -> None:
    client.post("/accounts/password/reset/", {"email": "ada@example.org"})
    (path,) = re.findall(r"https?://[^/]+(/accounts/password/reset/key/\S+)", mail.outbox[0].body)
    page = client.get(path, follow=True)
    new = {"password1": "another pass phrase", "password2": "another pass phrase"}
    client.post(page.request["PATH_INFO"], new)
    assert sign_in(client, password="another pass phrase").status_code == 302
    assert "no longer works" in client.get(path, follow=True).content.decode()


def test_a_reset_for_an_unknown_address_sends_nothing_and_says_the_same(client: Client) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert answer.headers["Location"] == "/accounts/password/reset/done/"
    assert mail.outbox == []


def test_a_new_address_counts_once_its_mailed_link_is_confirmed(client: Client, ada: User) -> None:
    sign_in(client)
    client.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    (path,) = re.findall(r"https?://[^/]+(/accounts/confirm-email/\S+/)", mail.outbox[0].body)
    assert "Does <strong>new@example.org</strong>" in client.get(path).content.decode()
    client.post(path)
    ada.refresh_from_db()
    assert ada.email == "new@example.org"
    assert actions()[-1] == "account.email-change"


def test_a_cut_off_confirmation_link_is_explained(client: Client) -> None:
    page = client.get("/accounts/confirm-email/nonsense/")
    assert "This link no longer works" in page.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_account_pages_have_our_frame_and_nothing_inline(client: Client, path: str) -> None:
    page = client.get(path).content.decode()
    assert 'href="#main"' in page
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*(src=|application/json))", page)


@pytest.mark.parametrize("path", OWN_PAGES)
def test_own_pages_have_our_frame_and_nothing_inline(client: Client, ada: User, path: str) -> None:
    sign_in(client)
    page = client.get(path).content.decode()
    assert 'href="#main"' in page
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*(src=|application/json))", page)


@pytest.mark.parametrize("path", ["/profile/", "/accounts/email/", "/accounts/password/change/"])
def test_own_pages_ask_strangers_to_sign_in_first(client: Client, path: str) -> None:
    assert client.get(path).headers["Location"] == f"/accounts/login/?next={path}"
