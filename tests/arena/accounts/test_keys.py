"""Keys of one's own, and the first steps that open once."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from arena.accounts.keys import DEFAULTS, DESK_KEYS, FIXED, keys_chosen
from arena.accounts.models import RaterProfile
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    return world()


@pytest.fixture
def page(client: Client, here: World) -> Client:
    client.force_login(here.rater)
    return client


def settings_of(page: Client, here: World) -> dict[str, object]:
    text = page.get(reverse("vote", args=[here.study.slug])).content.decode()
    found = re.search(r'id="desk-settings" type="application/json">(.*?)</script>', text)
    assert found
    return dict(json.loads(found[1]))


def test_the_usual_keys_are_all_different_and_none_is_fixed() -> None:
    assert len(set(DEFAULTS.values())) == len(DESK_KEYS)
    assert not set("".join(DEFAULTS.values())) & FIXED
    assert keys_chosen({"unheard-of": "q"}) == DEFAULTS


def test_a_key_chosen_before_it_got_a_fixed_meaning_is_given_up() -> None:
    assert keys_chosen({"skip": "l", "undo": "z"}) == {**DEFAULTS, "undo": "z"}
    assert keys_chosen({"skip": "q", "undo": "q"}) == DEFAULTS, "one key for two things"


def test_a_rater_keeps_a_key_that_an_action_added_later_begins_with() -> None:
    own = {"find": "a", "undo": "s"}
    chosen = keys_chosen(own)
    assert chosen.items() >= own.items()
    assert len(set(chosen.values()) - FIXED) == len(DEFAULTS)
    changed = {action for action in DEFAULTS if chosen[action] != DEFAULTS[action]}
    assert changed == {"find", "undo", "skip", "missing"}


def test_a_chosen_key_is_what_the_page_and_its_help_say(page: Client, here: World) -> None:
    assert page.post("/profile/keys/", {**DEFAULTS, "skip": "y"}).status_code == 302
    assert RaterProfile.objects.get(user=here.rater).keys == {"skip": "y"}
    assert settings_of(page, here)["keys"] == {**DEFAULTS, "skip": "y"}
    text = page.get(reverse("vote", args=[here.study.slug])).content.decode()
    assert "<dt><kbd>y</kbd></dt><dd>skip</dd>" in text
    page.post("/profile/keys/", {"reset": "1"})
    assert settings_of(page, here)["keys"] == DEFAULTS


@pytest.mark.parametrize(
    ("skip", "said"),
    [
        ("f", "used twice"),
        ("3", "has a fixed meaning"),
        ("?", "has a fixed meaning"),
        ("", "Press one letter or sign"),
        (" ", "Press one letter or sign"),
        ("\u200b", "Press one letter or sign"),
        ("ab", "at most 1 character"),
    ],
)
def test_a_key_that_cannot_work_is_refused_beside_its_field(
    page: Client, skip: str, said: str
) -> None:
    response = page.post("/profile/keys/", {**DEFAULTS, "skip": skip})
    assert response.status_code == 400
    assert said in response.content.decode()
    assert RaterProfile.objects.filter(keys={}).count() == RaterProfile.objects.count()


def test_the_first_steps_open_until_they_were_seen(page: Client, here: World) -> None:
    RaterProfile.objects.update(tour_seen=0)
    assert settings_of(page, here)["tour"] == {"unseen": True, "url": "/profile/first-steps/"}
    for _ in range(2):
        assert page.post("/profile/first-steps/").status_code == 204
    assert settings_of(page, here)["tour"] == {"unseen": False, "url": "/profile/first-steps/"}
