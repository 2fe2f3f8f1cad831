"""The leaderboard's pages: who sees them, what they say, and that they stay cheap."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.accounts.models import User
from arena.leaderboards.services import leaderboards_refresh
from arena.studies.models import Study
from arena.voting.models import Retraction, Vote
from tests.arena.leaderboards.world import World, user, world

pytestmark = pytest.mark.django_db

BOARD = "/studies/notes/leaderboard/"
PAGES = (BOARD, "/studies/notes/agreement/", "/api/v1/studies/notes/leaderboard/")
CLOSED = {"status": "closed", "closed_at": timezone.now()}
PUBLIC = {"visibility": "public", "leaderboard_published": True}


@pytest.fixture
def notes() -> World:
    made = world()
    made.fill()
    leaderboards_refresh(study_id=made.study.pk)
    return made


def client_of(person: User | AnonymousUser) -> Client:
    client = Client()
    if isinstance(person, User):
        client.force_login(person)
    return client


def statuses(person: User | AnonymousUser) -> set[int]:
    client = client_of(person)
    return {client.get(page).status_code for page in PAGES}


@pytest.mark.parametrize(
    ("changes", "public", "rater", "coordinator"),
    [
        ({}, 404, 403, 200),
        ({"visibility": "public"}, 403, 403, 200),
        ({"leaderboard_published": True}, 404, 403, 200),
        (CLOSED, 404, 200, 200),
        (PUBLIC, 200, 200, 200),
        ({**CLOSED, **PUBLIC}, 200, 200, 200),
        ({"status": "draft", "visibility": "public"}, 404, 404, 200),
    ],
)
def test_the_board_is_seen_by_those_the_access_table_names(
    notes: World, changes: dict[str, object], public: int, rater: int, coordinator: int
) -> None:
    Study.objects.filter(pk=notes.study.pk).update(**changes)
    assert statuses(AnonymousUser()) == {public}
    assert statuses(user("stranger")) == {public}
    assert statuses(notes.raters[0]) == {rater}
    assert statuses(notes.coordinator) == {coordinator}


def test_only_coordinators_see_the_results_tab(notes: World) -> None:
    page = "/studies/notes/manage/results/"
    assert client_of(AnonymousUser()).get(page).status_code == 302
    assert client_of(notes.raters[0]).get(page).status_code == 403
    answer = client_of(notes.coordinator).get(page)
    assert b"R-notes-0" in answer.content
    assert "are needed" in answer.content.decode()


def test_raters_habits_are_those_of_the_newest_board(notes: World) -> None:
    client, page = client_of(notes.coordinator), "/studies/notes/manage/results/"

    def votes() -> int:
        return sum(each["votes"] for each in client.get(page).context["habits"])

    before, vote = votes(), Vote.objects.latest("pk")
    Retraction.objects.create(vote=vote, reason="By name.", by=notes.coordinator)
    assert votes() == before > 1, "no page reads every vote"
    leaderboards_refresh(study_id=notes.study.pk)
    assert votes() == before - 1


def test_the_page_shows_harm_beside_preference_and_the_table_behind_the_chart(
    notes: World,
) -> None:
    html = client_of(notes.coordinator).get(BOARD).content.decode()
    for words in ("Flagged unsafe", "Win share", "Reliability", "Both unacceptable", "108 votes"):
        assert words in html
    assert html.count('<circle class="mark"') == 3
    assert " style=" not in html and "<script>" not in html


def test_the_board_is_sent_again_only_when_it_has_moved(notes: World) -> None:
    client = client_of(notes.coordinator)
    htmx = {"HX-Request": "true"}
    html = client.get(BOARD).content.decode()
    found = re.search(r'hx-get="([^"]+)"', html)
    assert found is not None
    again = found[1].replace("&amp;", "&")
    assert client.get(again, headers=htmx).status_code == 204
    notes.vote(notes.raters[0], notes.cases[0], "Amber", "Birch", repeat=1)
    leaderboards_refresh(study_id=notes.study.pk)
    answer = client.get(again, headers=htmx)
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    assert "a planned repeat" in answer.content.decode()


def test_simulated_votes_are_marked_on_page_and_api_and_have_their_own_board(
    notes: World,
) -> None:
    for rater in world("robots").raters:
        notes.vote(rater, notes.cases[0], "Cedar", "Amber", "left_strongly", origin="simulated")
    leaderboards_refresh(study_id=notes.study.pk)
    client = client_of(notes.coordinator)
    human, simulated = BOARD, f"{BOARD}?origin=simulated"
    assert "<strong>SIMULATED</strong>" not in client.get(human).content.decode()
    html = client.get(simulated).content.decode()
    assert "<strong>SIMULATED</strong>" in html
    assert "6 votes" in html
    api = "/api/v1/studies/notes/leaderboard/"
    assert client.get(api).json()["mark"] == ""
    assert client.get(api).json()["n_votes"] == 108
    answer = client.get(api, {"origin": "simulated"}).json()
    assert (answer["mark"], answer["origin"], answer["n_votes"]) == ("SIMULATED", "simulated", 6)


def test_too_few_raters_and_unconnected_systems_are_said_in_words(notes: World) -> None:
    few = world("few", n_raters=3)
    for rater in few.raters:
        few.vote(rater, few.cases[0], "Amber", "Birch", "left_slightly")
    leaderboards_refresh(study_id=few.study.pk)
    html = client_of(few.coordinator).get("/studies/few/leaderboard/").content.decode()
    assert "Amber won all of its votes" in html
    assert "no rating" in html


def test_a_board_without_votes_says_so(notes: World) -> None:
    empty = world("empty")
    client = client_of(empty.coordinator)
    for page in ("leaderboard/", "agreement/", "manage/results/"):
        assert "No votes yet" in client.get(f"/studies/empty/{page}").content.decode()
    assert client.get("/api/v1/studies/empty/leaderboard/").status_code == 404


@pytest.mark.parametrize("query", ["criterion=nonsense", "origin=martian"])
def test_an_unknown_board_is_not_found(notes: World, query: str) -> None:
    assert client_of(notes.coordinator).get(f"{BOARD}?{query}").status_code == 404
    answer = client_of(notes.coordinator).get(f"/api/v1/studies/notes/leaderboard/?{query}")
    assert answer.status_code == 400
    assert "There is no" in answer.json()["detail"]


def test_hostile_labels_are_text_on_the_page() -> None:
    hostile = '<script>alert("1")</script>'
    made = world("hostile", labels=(hostile, "Birch"))
    for rater in made.raters:
        made.vote(rater, made.cases[0], hostile, "Birch", "left_slightly")
        made.vote(rater, made.cases[1], hostile, "Birch", "right_slightly")
    leaderboards_refresh(study_id=made.study.pk)
    html = client_of(made.coordinator).get("/studies/hostile/leaderboard/").content.decode()
    assert hostile not in html
    assert "&lt;script&gt;" in html


def test_pages_take_as_many_queries_for_many_votes_as_for_few() -> None:
    made = world("growing")
    made.vote(made.raters[0], made.cases[0], "Amber", "Birch")
    client = client_of(made.coordinator)
    pages = [
        f"/studies/growing/{page}" for page in ("leaderboard/", "agreement/", "manage/results/")
    ]

    def queries() -> list[int]:
        leaderboards_refresh(study_id=made.study.pk)
        counts = []
        for page in pages:
            with CaptureQueriesContext(connection) as caught:
                assert client.get(page).status_code == 200
            counts.append(len(caught))
        return counts

    few = queries()
    for rater in made.raters[1:]:
        for case in made.cases:
            made.vote(rater, case, "Amber", "Cedar", "left_slightly")
    assert queries() == few


def test_agreement_needs_two_raters_on_one_comparison(notes: World) -> None:
    apart = world("apart")
    for rater, case in zip(apart.raters, apart.cases, strict=True):
        apart.vote(rater, case, "Amber", "Birch")
    leaderboards_refresh(study_id=apart.study.pk)
    client = client_of(apart.coordinator)
    assert "Too little overlap" in client.get("/studies/apart/agreement/").content.decode()
    answer = client.get("/api/v1/studies/apart/agreement/").json()
    assert answer["criteria"][0]["krippendorff_alpha"]["value"] is None
    shared = client_of(notes.coordinator).get("/api/v1/studies/notes/agreement/").json()
    found = shared["criteria"][0]["gwet_ac1"]
    assert found["lower"] <= found["value"] <= found["upper"]


def test_methods_are_explained_and_unknown_ones_are_not_found(client: Client) -> None:
    assert "Leaderboards" in client.get("/methods/").content.decode()
    html = client.get("/methods/leaderboard/").content.decode()
    assert "<table" in html and "Korn" in html
    assert client.get("/methods/nothing/").status_code == 404


def test_tables_of_methods_lie_in_frames_that_scroll_and_have_names(client: Client) -> None:
    html = client.get("/methods/scores-of-texts/").content.decode()
    names = re.findall(r'tabindex="0" role="region" aria-label="([^"]+)"><table', html)
    assert names == [f"Table {n}" for n in range(1, html.count("<table") + 1)] != []
