"""Pages about oneself, about signing in and about what went wrong, in the pseudo-locale.

What Django and allauth say themselves is in their own French; a sentence that their catalogs lack
is English on the page, and has to be in ours.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import trans_real

from arena.accounts.models import ApiToken, RaterProfile
from arena.accounts.services import api_token_create
from tests.arena.voting.test_own_votes import in_a_circle
from tests.arena.voting.world import World, world
from tests.frontend.languages import pseudo_locale
from tests.frontend.reading import SILENT, Texts, english_of

pytestmark = pytest.mark.django_db
NAMES = ("Deutsch", "English", "Français", "Esc", "API", "Authorization: Token …", "Overall", "QR")
"""What is called so in every language."""
GAP = re.compile(r"%%|%\(?\w*\)?[sd]|\{\w*\}")
OUT = ("account_reset_password", "account_reset_password_done", "account_inactive")
IN = (
    *("profile", "account_email", "account_change_password", "account_reauthenticate"),
    *("mfa_index", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"),
    *("mfa_list_webauthn", "mfa_add_webauthn", "mfa_deactivate_totp", "account_logout"),
)


@pytest.fixture
def here() -> World:
    here = world(n_cases=1, n_systems=3)
    in_a_circle(here)
    return here


@pytest.fixture
def reader(client: Client, here: World, tmp_path: Path) -> Iterator[Client]:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "fr"
    with override_settings(LOCALE_PATHS=[pseudo_locale(tmp_path, "fr")]):
        yield client


def theirs() -> re.Pattern[str]:
    """What Django and allauth say in French, whatever is filled in; mere gaps say nothing."""
    catalog = trans_real.translation("fr")._catalog.items()
    said = {str(text).strip() for _, text in catalog if text and "⟦" not in str(text)}
    told = {text for text in said if len(re.findall(r"[^\W\d_]", GAP.sub("", text))) > 7}
    whole = {text for text in said - told if not GAP.search(text)}
    return re.compile("|".join(".+".join(map(re.escape, GAP.split(text))) for text in told | whole))


def english(page: str, here: World, *more: str) -> list[str]:
    data = {*NAMES, here.rater.email, here.study.title, str(here.rater.rater_profile), *more}
    found = english_of(Texts(page, silent={*SILENT, "svg", "option"}).found, data)
    own = theirs()
    with translation.override("fr"):
        day = date_format(timezone.now())
    told = (text.removesuffix(" · Consilium") for text in found)
    return [text for text in told if not own.fullmatch(text) and text != day]


def signed_in(reader: Client, here: World) -> None:
    """As people do, so that pages about signing in need not ask again."""
    login = {"login": here.rater.email, "password": "secret"}
    assert reader.post(reverse("account_login"), login).status_code == 302


def test_pages_before_signing_in(reader: Client, here: World) -> None:
    left = {name: english(text(reader.get(reverse(name))), here) for name in OUT}
    wrong = {"login": here.rater.email, "password": "wrong"}
    left["wrong"] = english(text(reader.post(reverse("account_login"), wrong)), here)
    short = {"email": "new@example.org", "password1": "x", "password2": "y"}
    sent = reader.post(reverse("account_signup"), short)
    left["short"] = english(text(sent), here, "new@example.org")
    left["link"] = english(text(reader.get("/accounts/password/reset/key/1-set-password/")), here)
    left["confirm"] = english(text(reader.get("/accounts/confirm-email/none/")), here)
    assert not any(left.values()), left


def test_pages_about_oneself(reader: Client, here: World) -> None:
    signed_in(reader, here)
    RaterProfile.objects.update(pseudonym="R-0123456789")  # no word by chance
    left = {"totp": english(text(reader.get(reverse("mfa_activate_totp"))), here, *secret(reader))}
    TOTP.activate(here.rater, generate_totp_secret())
    codes = RecoveryCodes.activate(here.rater).get_unused_codes()
    api_token_create(user=here.rater, label="nightly export", by=here.rater)
    given = (*codes, "nightly export", "R-")
    left |= {name: english(text(reader.get(reverse(name))), here, *given) for name in IN}
    wrong = {"years_in_practice": "99", "country": "x" * 61}
    left["years"] = english(text(reader.post(reverse("profile"), wrong)), here, "nightly export")
    twice = dict.fromkeys(("both", "mark"), "x") | {"skip": "7", "undo": ""}
    left["keys"] = english(text(reader.post(reverse("keys"), twice)), here, "nightly export")
    assert not any(left.values()), left
    assert ApiToken.objects.count() == 1


def secret(reader: Client) -> list[str]:
    page = text(reader.get(reverse("mfa_activate_totp")))
    return re.findall(r"data-secret>(\w+)<", page)


def test_pages_of_own_votes(reader: Client, here: World) -> None:
    reader.force_login(here.rater)
    page = text(reader.get(reverse("my-votes", args=[here.study.slug])))
    assert english(re.sub(r"\d+ \S+ \d{4}, \d+:\d+", "", page), here, "Case 0") == []


def test_mails_about_an_account(reader: Client, here: World) -> None:
    reader.post(reverse("account_reset_password"), {"email": here.rater.email})
    (sent,) = mail.outbox
    plain = re.sub(r"https?://\S+|\[.*?\]", "", sent.body)
    assert "Consilium" in sent.subject or sent.subject
    assert "password" not in plain.replace("mot de passe", ""), plain


def text(response: Any) -> str:
    return str(response.content.decode())
