"""The voting page without JavaScript: what it shows, stores and refuses."""

import re
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from arena.studies.models import Membership
from arena.voting.models import Ballot, SafetyFlag, Skip, Vote
from arena.voting.presenters import presenter_for
from tests.arena.voting.world import World, generation, sample_record, system, world

pytestmark = pytest.mark.django_db
KINDS = ["summary", "text-answer", "spans", "mask"]


@pytest.fixture
def here() -> World:
    return world(n_cases=3)


@pytest.fixture
def page(client: Client, here: World) -> Client:
    client.force_login(here.rater)
    return client


def vote_url(here: World) -> str:
    return reverse("vote", args=[here.study.slug])


def answer(ballot: Ballot, **changes: Any) -> dict[str, Any]:
    return {
        "ballot": str(ballot.uuid),
        "attempt": ballot.attempt,
        "outcome_overall": "left_slightly",
        **changes,
    }


def shown(client: Client, here: World) -> Ballot:
    response = client.get(vote_url(here))
    assert response.status_code == 200
    return Ballot.objects.get(status="open", rater=here.rater)


@pytest.mark.parametrize("kind", KINDS)
def test_a_ballot_of_every_kind_is_shown_with_all_it_asks(client: Client, kind: str) -> None:
    here = world(kind, n_cases=1)
    client.force_login(here.rater)
    text = client.get(vote_url(here)).content.decode()
    assert "Which would you rather act on?" in text
    assert "Research only" in text
    assert text.count('type="radio" name="outcome_overall"') == 6
    assert 'style="' not in text
    assert "could not be displayed" not in text
    ballot = Ballot.objects.get()
    assert ballot.opened_at is not None
    response = client.post(vote_url(here), answer(ballot))
    assert response.status_code == 302
    assert Vote.objects.count() == 1


def test_a_vote_leads_to_the_next_ballot(page: Client, here: World) -> None:
    first = shown(page, here)
    response = page.post(vote_url(here), answer(first), follow=True)
    assert response.redirect_chain == [(vote_url(here), 302)]
    assert "1 of 3 votes" in response.content.decode()
    assert shown(page, here) != first


def test_a_flag_and_a_reason_are_stored_with_the_vote(page: Client, here: World) -> None:
    flag = {"flag_right": "1", "extent_right": "severe", "likelihood_right": "low"}
    errors = {"errors_right": ["omission", "treatment"]}
    more = {"reason": "Dose.", "confidence": "2"}
    page.post(vote_url(here), answer(shown(page, here), **flag, **errors, **more))
    stored = SafetyFlag.objects.get()
    assert (stored.side, stored.error_types) == ("right", ["omission", "treatment"])
    assert (stored.vote.reason, stored.vote.confidence) == ("Dose.", 2)


def test_an_incomplete_flag_keeps_the_form_and_says_what_is_missing(
    page: Client, here: World
) -> None:
    response = page.post(
        vote_url(here),
        answer(shown(page, here), flag_left="1", extent_left="severe", reason="Half <done>"),
    )
    text = response.content.decode()
    assert response.status_code == 422
    assert "You flagged the left output as unsafe" in text
    assert "Half &lt;done&gt;" in text
    assert re.search(r'value="left_slightly"[^>]*checked', text)
    assert re.search(r'value="severe" selected', text)
    assert not Vote.objects.exists()


def test_a_vote_the_database_refused_is_said_on_the_page(page: Client, here: World) -> None:
    ballot = shown(page, here)
    with patch("arena.voting.views.vote_cast", side_effect=DatabaseError("disk full")):
        response = page.post(vote_url(here), answer(ballot, reason="Kept"))
    assert response.status_code == 503
    assert "could not be stored" in response.content.decode()
    assert "Kept" in response.content.decode()


def test_a_stale_page_leads_to_the_current_ballot_with_a_word(page: Client, here: World) -> None:
    ballot = shown(page, here)
    page.post(vote_url(here), answer(ballot))
    page.post(reverse("vote-undo", args=[here.study.slug]), {"ballot": str(ballot.uuid)})
    response = page.post(vote_url(here), answer(ballot), follow=True)
    assert "already answered" in response.content.decode()
    ballot.refresh_from_db()
    assert ballot.status == "open"


def test_a_double_click_stores_one_vote(page: Client, here: World) -> None:
    ballot = shown(page, here)
    for _ in range(2):
        assert page.post(vote_url(here), answer(ballot)).status_code == 302
    assert Vote.objects.count() == 1


def test_a_skip_asks_why_and_leads_on(page: Client, here: World) -> None:
    ballot = shown(page, here)
    url = reverse("vote-skip", args=[here.study.slug])
    identity = {"ballot": str(ballot.uuid), "attempt": 1}
    response = page.post(url, identity, follow=True)
    assert "Skip reason" in response.content.decode()
    page.post(url, {**identity, "skip_reason": "not_my_specialty"})
    assert Skip.objects.get().ballot == ballot
    assert shown(page, here) != ballot


def test_undo_brings_the_last_ballot_back(page: Client, here: World) -> None:
    ballot = shown(page, here)
    page.post(vote_url(here), answer(ballot))
    text = page.get(vote_url(here)).content.decode()
    assert f'name="ballot" value="{ballot.uuid}"' in text, "the undo form names the last ballot"
    page.post(reverse("vote-undo", args=[here.study.slug]), {"ballot": str(ballot.uuid)})
    assert shown(page, here) == ballot


def test_the_end_of_the_study_says_thank_you(client: Client) -> None:
    here = world(n_cases=1)
    client.force_login(here.rater)
    response = client.post(vote_url(here), answer(shown(client, here)), follow=True)
    assert "nothing left for you to judge" in response.content.decode()


def test_a_study_without_outputs_says_that_there_is_nothing_yet(client: Client) -> None:
    here = world(n_cases=0)
    client.force_login(here.rater)
    assert "Nothing to judge yet" in client.get(vote_url(here)).content.decode()


def test_a_rater_who_is_not_asked_for_is_told_why(client: Client) -> None:
    here = world(professions=["Physician"])
    client.force_login(here.rater)
    assert "your profile says nothing" in client.get(vote_url(here)).content.decode()


def test_an_output_that_cannot_be_shown_leaves_the_other_readable(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(n_cases=1)
    summary = presenter_for("summary")
    shown = summary.data

    def fails_for_one(given: Any) -> Any:
        if "version a" in given.record["text"]:
            raise KeyError("secret of Quetzal")
        return shown(given)

    monkeypatch.setattr(summary, "data", fails_for_one)
    client.force_login(here.rater)
    text = client.get(vote_url(here)).content.decode()
    assert "This output could not be displayed: the page does not know how to show it." in text
    assert "version b" in text
    assert "Quetzal" not in text


def test_a_failed_output_and_an_invalid_one_are_said_in_neutral_words(client: Client) -> None:
    here = world(n_cases=1, n_systems=0)
    one, two = (system(here.study, here.study.created_by, n) for n in ("Ocelot", "Narwhal"))
    generation(one, here.cases[0], None)
    generation(two, here.cases[0], {"text": 7})
    client.force_login(here.rater)
    text = client.get(vote_url(here)).content.decode()
    assert "No output." in text
    assert "This output could not be displayed: text: must be text, not 7." in text
    assert "timed" not in text


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "![pixel](https://evil.example/p.png)",
        "[click](javascript:alert(1)) [site](https://evil.example)",
        '<div hx-get="/logout" hx-trigger="load">x</div>',
        "<svg onload=alert(1)><style>*{display:none}</style></svg>",
        "<https://evil.example>",
        "|a|\n|:-:|\n|b|",
    ],
)
@pytest.mark.parametrize("kind", ["summary", "text-answer"])
def test_hostile_markup_in_an_output_is_inert(client: Client, kind: str, hostile: str) -> None:
    here = world(kind, n_cases=1, n_systems=0)
    for n, name in enumerate(("Ocelot", "Narwhal")):
        competitor = system(here.study, here.study.created_by, name)
        generation(competitor, here.cases[0], {"text": f"{hostile} {n}"})
    client.force_login(here.rater)
    text = client.get(vote_url(here)).content.decode()
    panes = re.findall(r'<div class="output-text".*?</div>', text, re.S)
    assert len(panes) == 2
    for pane in panes:
        for tag in re.findall(r"<[^>]*>", pane):
            assert re.fullmatch(r'</?[a-z0-9]+>|<div class="output-text" lang="en">', tag), tag


def test_files_of_a_ballot_are_its_raters_alone(client: Client) -> None:
    here = world("mask", n_cases=1, n_raters=2)
    client.force_login(here.rater)
    text = client.get(vote_url(here)).content.decode()
    urls = sorted(set(re.findall(r'src="(/ballots/[^"]+)"', text)))
    assert len(urls) == 3, "the image once, and a layer a side"
    for url in urls:
        response = client.get(url)
        assert response.status_code == 200
        assert response["Content-Type"] == "image/png"
        assert response["Cache-Control"] == "private, no-store"
        assert not {"ETag", "Last-Modified"} & set(response.headers)
    missing = urls[-1].rsplit("/", 1)[0] + "/layer-9"
    assert client.get(missing).status_code == 404
    client.force_login(here.raters[1])
    assert {client.get(url).status_code for url in urls} == {404}
    client.force_login(here.study.created_by)
    assert {client.get(url).status_code for url in urls} == {404}
    client.logout()
    assert {client.get(url).status_code for url in urls} == {302}


def test_single_key_shortcuts_can_be_turned_off(page: Client, here: World) -> None:
    assert "data-shortcuts" not in page.get(vote_url(here)).content.decode()
    here.rater.rater_profile.single_key_shortcuts = False
    here.rater.rater_profile.save()
    assert 'data-shortcuts="off"' in page.get(vote_url(here)).content.decode()


def test_a_ballot_names_each_criterion_of_the_protocol(client: Client) -> None:
    here = world(n_cases=2, criteria=("overall", "accuracy", "clarity"), scale="three")
    client.force_login(here.rater)
    text = client.get(vote_url(here)).content.decode()
    assert text.count("steps-row__tiles") == 3
    assert text.count('type="radio" name="outcome_clarity"') == 4
    page = client.post(vote_url(here), answer(Ballot.objects.get(), outcome_overall="tie"))
    assert page.status_code == 302


def test_both_sides_get_a_record_of_the_same_size_of_files(client: Client) -> None:
    here = world("mask", n_cases=1)
    client.force_login(here.rater)
    text = client.get(vote_url(here)).content.decode()
    layers = re.findall(r'src="(/ballots/[^"]+/layer-1)"', text)
    sizes = {len(client.get(url).content) for url in layers}
    assert sizes == {4096}
    assert sample_record("mask", 0) != sample_record("mask", 1)


@pytest.mark.parametrize("action", ["vote", "vote-skip", "vote-undo"])
def test_a_study_one_was_taken_out_of_has_no_back_door(
    page: Client, here: World, action: str
) -> None:
    ballot = shown(page, here)
    other = world(slug="another-study")
    Membership.objects.filter(user=here.rater, study=here.study).delete()
    Membership.objects.create(user=here.rater, study=other.study, role="rater")
    data = answer(ballot, skip_reason="other")
    response = page.post(reverse(action, args=[other.study.slug]), data)
    assert response.status_code in {302, 404}
    ballot.refresh_from_db()
    assert (ballot.status, ballot.attempt, Vote.objects.count()) == ("open", 1, 0)


def test_a_note_too_long_or_with_a_zero_byte_never_reaches_the_database(
    page: Client, here: World
) -> None:
    flag = {"flag_left": "1", "extent_left": "none", "likelihood_left": "low"}
    ballot = shown(page, here)
    refused = page.post(vote_url(here), answer(ballot, **flag, note_left="x" * 2001))
    assert (refused.status_code, Vote.objects.count()) == (422, 0)
    page.post(vote_url(here), answer(ballot, **flag, note_left="one\0two"))
    assert SafetyFlag.objects.get().note == "onetwo"


def test_a_closed_study_thanks_its_raters_instead_of_doubting_their_role(
    page: Client, here: World
) -> None:
    here.study.status, here.study.closed_at = "closed", timezone.now()
    here.study.save()
    response = page.get(vote_url(here))
    assert response.status_code == 403
    assert "takes no votes now" in response.content.decode()
    assert "Your role" not in response.content.decode()
