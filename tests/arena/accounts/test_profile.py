"""The page about oneself."""

import re

import pytest
from django.test import Client

from arena.accounts.models import ApiToken, RaterProfile, User
from arena.accounts.services import rater_profile_for
from arena.core.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> User:
    user = User.objects.create_user("ada@example.org", "a long pass phrase")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def test_a_profile_is_made_on_first_need_and_keeps_its_pseudonym(client: Client, ada: User) -> None:
    assert not RaterProfile.objects.exists()
    assert client.get("/profile/").status_code == 200
    assert rater_profile_for(ada).pseudonym == rater_profile_for(ada).pseudonym
    assert RaterProfile.objects.count() == 1


def test_the_profile_is_saved(client: Client, ada: User) -> None:
    form = {
        "name": "Ada Lovelace",
        "profession": "Physician",
        "specialty": "Radiology",
        "years_in_practice": "12",
        "country": "Norway",
        "site": "",
        "conflicts": "Example Corp",
    }
    assert client.post("/profile/", form).status_code == 302
    rater = rater_profile_for(ada)
    ada.refresh_from_db()
    assert (ada.name, rater.specialty, rater.years_in_practice) == ("Ada Lovelace", "Radiology", 12)
    assert rater.single_key_shortcuts is False  # the box was not ticked


@pytest.mark.parametrize("years", ["-1", "81", "many"])
def test_impossible_years_are_an_error_beside_the_field(
    client: Client, ada: User, years: str
) -> None:
    answer = client.post("/profile/", {"years_in_practice": years})
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.content.decode()
    assert rater_profile_for(ada).years_in_practice is None


def test_a_rater_cannot_raise_the_own_verification_or_change_the_pseudonym(
    client: Client, ada: User
) -> None:
    before = rater_profile_for(ada).pseudonym
    client.post("/profile/", {"verification": "3", "pseudonym": "R-chosen", "simulated": "1"})
    rater = rater_profile_for(ada)
    assert (rater.verification, rater.pseudonym, rater.simulated) == (0, before, False)


def test_a_token_is_shown_once_works_and_can_be_revoked(client: Client, ada: User) -> None:
    page = client.post("/profile/tokens/", {"label": "nightly export"})
    (token,) = set(re.findall(r"consilium_[\w-]{20,}", page.content.decode()))
    assert page.headers["Cache-Control"].count("no-store") == 1
    again = client.get("/profile/").content.decode()
    assert token not in again
    assert "nightly export" in again
    stored = ApiToken.objects.get()
    client.post(f"/profile/tokens/{stored.pk}/revoke/")
    assert not ApiToken.objects.exists()
    made = ["api-token.create", "api-token.revoke"]
    assert list(AuditEvent.objects.filter(action__in=made).values_list("action", flat=True)) == made


def test_a_token_needs_a_label(client: Client, ada: User) -> None:
    assert client.post("/profile/tokens/", {"label": " "}).status_code == 400
    assert not ApiToken.objects.exists()


def test_the_token_of_another_account_does_not_exist_for_me(client: Client, ada: User) -> None:
    other = User.objects.create_user("other@example.org")
    token = ApiToken.objects.create(user=other, digest="0" * 64)
    assert client.post(f"/profile/tokens/{token.pk}/revoke/").status_code == 404
    assert ApiToken.objects.filter(pk=token.pk).exists()
