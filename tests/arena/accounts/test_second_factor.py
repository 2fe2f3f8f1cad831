"""Who is asked for a second factor, and how signing in goes with one."""

from __future__ import annotations

import time
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from asgiref.sync import async_to_sync
from cryptography.fernet import Fernet
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from arena.accounts.models import User
from arena.asgi import application
from arena.core.models import AuditEvent
from arena.studies.models import Membership
from tests.arena.sockets import Socket
from tests.arena.voting.world import world

pytestmark = pytest.mark.django_db

PEOPLE = ("rater", "coordinator", "admin")
ASKED = {
    "nobody": set(),
    "admins": {"admin"},
    "coordinators": {"coordinator", "admin"},
    "everybody": set(PEOPLE),
}


@pytest.fixture
def people() -> dict[str, User]:
    here = world()
    coordinator = User.objects.create_user("coordinator@x.org", "secret")
    role = Membership.Role.COORDINATOR
    Membership.objects.create(study=here.study, user=coordinator, role=role)
    admin = User.objects.create_superuser("admin@x.org", "secret")
    return {"rater": here.rater, "coordinator": coordinator, "admin": admin}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.mark.parametrize("policy", ASKED)
@pytest.mark.parametrize("name", PEOPLE)
def test_who_is_sent_to_set_one_up(
    people: dict[str, User], settings: Settings, policy: str, name: str
) -> None:
    settings.SECOND_FACTOR = policy
    client = signed_in(people[name])
    page, api = client.get("/profile/"), client.get("/api/v1/studies/")
    if name in ASKED[policy]:
        assert (page.status_code, page["Location"]) == (302, "/accounts/2fa/")
        assert api.status_code == 403
        assert "second factor" in api.json()["detail"]
    else:
        assert (page.status_code, api.status_code) == (200, 200)


def test_whoever_signed_in_with_one_goes_on(people: dict[str, User], settings: Settings) -> None:
    settings.SECOND_FACTOR = "everybody"
    cache.clear()
    secret, client = generate_totp_secret(), Client()
    TOTP.activate(people["coordinator"], secret)
    client.post("/accounts/login/", {"login": "coordinator@x.org", "password": "secret"})
    client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})
    assert client.get("/profile/").status_code == 200


@pytest.mark.parametrize("address", ["/profile/", "/api/v1/studies/", "/accounts/2fa/"])
def test_a_session_begun_with_the_password_alone_ends_once_there_is_a_factor(
    people: dict[str, User], settings: Settings, address: str
) -> None:
    """Else whoever stole the password first would stay, and could take the factor away again."""
    settings.SECOND_FACTOR = "coordinators"
    thief = signed_in(people["coordinator"])
    TOTP.activate(people["coordinator"], generate_totp_secret())
    assert thief.get(address).status_code in {302, 403}
    assert "_auth_user_id" not in thief.session


@pytest.mark.django_db(transaction=True)
def test_whoever_just_set_it_up_goes_on_at_once(
    people: dict[str, User], settings: Settings
) -> None:
    settings.SECOND_FACTOR = "everybody"
    cache.clear()
    client = Client()
    client.post("/accounts/login/", {"login": people["rater"].email, "password": "secret"})
    client.post("/accounts/reauthenticate/", {"password": "secret"})
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": code_now(secret)})
    assert client.get("/profile/").status_code == 200


def test_recovery_codes_alone_are_no_factor(people: dict[str, User], settings: Settings) -> None:
    """Signing in does not ask for them where the app they stood in for is gone."""
    settings.SECOND_FACTOR = "everybody"
    RecoveryCodes.activate(people["coordinator"])
    page = signed_in(people["coordinator"]).get("/profile/")
    assert (page.status_code, page["Location"]) == (302, "/accounts/2fa/")


def test_an_admin_takes_the_recovery_codes_away_with_the_factor(people: dict[str, User]) -> None:
    TOTP.activate(people["rater"], generate_totp_secret())
    RecoveryCodes.activate(people["rater"])
    factor = Authenticator.objects.get(user=people["rater"], type="totp")
    admin = signed_in(people["admin"])
    admin.post(f"/admin/mfa/authenticator/{factor.pk}/delete/", {"post": "yes"})
    assert not Authenticator.objects.filter(user=people["rater"]).exists()


@pytest.mark.parametrize("policy", ["nobody", "coordinators"])
@pytest.mark.django_db(transaction=True)
def test_sockets_are_closed_to_whoever_lacks_one(
    people: dict[str, User], settings: Settings, policy: str
) -> None:
    settings.SECOND_FACTOR = policy
    slug = Membership.objects.get(user=people["coordinator"]).study.slug
    cookie = signed_in(people["coordinator"]).cookies["sessionid"].value
    said = async_to_sync(first_word)(f"/ws/studies/{slug}/progress/", cookie)
    assert said["type"] == ("websocket.accept" if policy == "nobody" else "websocket.close")


async def first_word(path: str, cookie: str) -> dict[str, Any]:
    named = [(b"cookie", f"sessionid={cookie}".encode()), (b"origin", b"http://localhost")]
    scope = {"type": "websocket", "path": path, "query_string": b"", "headers": named}
    socket = Socket(application, scope)
    await socket.send_input({"type": "websocket.connect"})
    said: dict[str, Any] = await socket.receive_output(timeout=10)
    if said["type"] == "websocket.accept":
        await socket.disconnect()
    return said


def test_the_way_out_and_the_way_to_set_one_up_stay_open(
    people: dict[str, User], settings: Settings
) -> None:
    settings.SECOND_FACTOR = "everybody"
    client = signed_in(people["admin"])
    for address in ("/accounts/2fa/", "/accounts/logout/", "/healthz"):
        assert client.get(address).status_code == 200, address
    assert client.get("/admin/")["Location"] == "/accounts/2fa/"


def test_a_password_alone_does_not_sign_in_where_there_is_a_second_factor(
    people: dict[str, User], client: Client
) -> None:
    cache.clear()
    secret = generate_totp_secret()
    TOTP.activate(people["coordinator"], secret)
    there = client.post("/accounts/login/", {"login": "coordinator@x.org", "password": "secret"})
    assert there["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/profile/").status_code == 302
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})
    assert client.get("/profile/").status_code == 200


def test_a_recovery_code_works_once(people: dict[str, User]) -> None:
    cache.clear()
    TOTP.activate(people["rater"], generate_totp_secret())
    code = RecoveryCodes.activate(people["rater"]).get_unused_codes()[0]
    for works in (True, False):
        client = Client()
        client.post("/accounts/login/", {"login": people["rater"].email, "password": "secret"})
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert (client.get("/profile/").status_code == 200) is works


def test_the_admin_is_entered_by_the_same_door(client: Client) -> None:
    answer = client.get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.django_db(transaction=True)
def test_setting_one_up_is_in_the_audit_trail(people: dict[str, User]) -> None:
    cache.clear()
    client = Client()
    client.post("/accounts/login/", {"login": people["rater"].email, "password": "secret"})
    client.post("/accounts/reauthenticate/", {"password": "secret"})
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": code_now(secret)})
    assert Authenticator.objects.filter(user=people["rater"], type="totp").exists()
    assert AuditEvent.objects.filter(action="account.second-factor-add").exists()


def test_the_secret_is_sealed_in_the_database(people: dict[str, User]) -> None:
    secret = generate_totp_secret()
    TOTP.activate(people["rater"], secret)
    stored = Authenticator.objects.get(user=people["rater"]).data
    assert secret not in str(stored)
    assert get_adapter().decrypt(stored["secret"]) == secret


def test_turning_the_vault_key_keeps_second_factors(people: dict[str, User]) -> None:
    secret = generate_totp_secret()
    TOTP.activate(people["rater"], secret)
    codes = RecoveryCodes.activate(people["rater"]).get_unused_codes()
    call_command("rotate_secrets", "--new-key", stdout=StringIO())
    factors = {each.type: each for each in Authenticator.objects.filter(user=people["rater"])}
    assert get_adapter().decrypt(factors["totp"].data["secret"]) == secret
    assert factors["recovery_codes"].wrap().get_unused_codes() == codes


def test_a_factor_whose_vault_key_is_gone_stops_the_turn(people: dict[str, User]) -> None:
    TOTP.activate(people["rater"], generate_totp_secret())
    stranger = Fernet(Fernet.generate_key()).encrypt(b"lost").decode()
    Authenticator.objects.update(data={"secret": stranger})
    with pytest.raises(CommandError, match=f"second factor of user {people['rater'].pk}"):
        call_command("rotate_secrets", "--new-key", stdout=StringIO())
