"""No English is left on the rater's way where another language is on."""

import re
from pathlib import Path

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils.translation import trans_real

from arena.accounts.models import RaterProfile
from arena.voting.models import Ballot
from tests.arena.voting.world import NOTE, World, world
from tests.frontend.languages import pseudo_locale
from tests.frontend.reading import SILENT, Texts

pytestmark = pytest.mark.django_db

NO_LETTERS = re.compile(r"[^A-Za-z]*")


@pytest.fixture
def here() -> World:
    return world(n_cases=2, criteria=("overall", "accuracy"), study={"visibility": "public"})


@pytest.fixture
def pages(client: Client, here: World, tmp_path: Path) -> dict[str, str]:
    """The rater's way, in a language made up of brackets."""
    with override_settings(LOCALE_PATHS=[pseudo_locale(tmp_path, "fr")]):
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "fr"
        return dict(walk(client, here))


def walk(client: Client, here: World) -> list[tuple[str, str]]:
    study, vote = (reverse(name, args=[here.study.slug]) for name in ("study", "vote"))
    found = [(path, path) for path in ("/", "/accounts/login/", "/accounts/signup/", study)]
    texts = [(name, client.get(path).content.decode()) for name, path in found]
    client.force_login(here.rater)
    texts += [(f"rater {path}", client.get(path).content.decode()) for path in ("/", study)]
    texts.append(("ballot", client.get(vote).content.decode()))
    texts.append(("differences", client.get(vote, {"differences": "1"}).content.decode()))
    identity = {"ballot": str(Ballot.objects.get().uuid), "attempt": "1"}
    texts.append(("no choice", client.post(vote, identity).content.decode()))
    answer = {**identity, "outcome_overall": "tie"}
    unsafe = {**answer, "flag_left": "1"}
    texts.append(("half a flag", client.post(vote, unsafe).content.decode()))
    named = {**answer, "reason": "As Mr Smith"}
    texts.append(("findings", client.post(vote, named).content.decode()))
    texts.append(("voted", client.post(vote, answer, follow=True).content.decode()))
    last = {"ballot": str(Ballot.objects.get(status="open").uuid), "attempt": "1"}
    skip = reverse("vote-skip", args=[here.study.slug])
    reason = {**last, "skip_reason": "identifier"}
    texts.append(("done", client.post(skip, reason, follow=True).content.decode()))
    RaterProfile.objects.update(profession="")
    texts.append(("missing", client.get("/studies/nowhere/").content.decode()))
    return texts


def data_of(here: World) -> list[str]:
    """What comes from the study and its people, or has no language; longest first."""
    words = {"Consilium", "Esc", "Enter", "English", "Français", "Deutsch", "Overall", "Accuracy"}
    words |= {"Which would you rather act on?", here.study.title, here.rater.email, str(here.rater)}
    words |= {line.strip(" :") for line in NOTE.splitlines()} | {"API", "Mr Smith", "As Mr Smith"}
    words |= {f"Case {n}" for n in range(2)} | {"Votre mot de passe doit contenir au minimum 8"}
    words |= {f"Pneumonia is likely, version {n}." for n in "ab"} | {"Amoxicillin was started."}
    words |= {"Pneumonia is likely, version", "caractères.", "HISTORY", "PLAN"}
    return sorted(words, key=len, reverse=True)


def english_in(page: str, here: World, theirs: set[str]) -> list[str]:
    """Texts that neither we nor Django and allauth (``theirs``) have translated."""
    left = []
    for text in Texts(page, silent={*SILENT, "svg"}).found:
        bare = re.sub(r"⟦[^⟧]*⟧?|[^⟦]*⟧|\d+ \w+\.? \d{4}", "", text)
        for data in data_of(here):
            bare = bare.replace(data, "")
        if bare.strip() not in theirs and not NO_LETTERS.fullmatch(bare) and len(bare) > 2:
            left.append(text)
    return left


def test_everything_a_rater_reads_is_translated(pages: dict[str, str], here: World) -> None:
    """What Django and allauth say themselves is in their own French."""
    theirs = {str(text) for _, text in trans_real.translation("fr")._catalog.items()}
    left = {name: english_in(page, here, theirs) for name, page in pages.items()}
    assert not any(left.values()), "\n".join(f"{name}: {texts}" for name, texts in left.items())


def test_the_search_finds_what_is_not_translated(client: Client, here: World) -> None:
    client.force_login(here.rater)
    page = client.get(reverse("vote", args=[here.study.slug])).content.decode()
    found = english_in(page, here, set())
    assert {"Skip", "Mark an error", "Left is much better", "Find"} <= set(found)
