"""The voting API: what it gives, stores and refuses."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from arena.accounts.tokens import token_create
from arena.voting.models import Vote
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db


class Api:
    """A rater's calls, by token."""

    def __init__(self, here: World, user: Any) -> None:
        self.client = Client(headers={"authorization": f"Token {token_create(user=user)}"})
        self.study = here.study

    def ballot(self) -> Any:
        return self.post(reverse("api-ballots", args=[self.study.slug]))

    def act(self, uuid: object, action: str, **data: Any) -> Any:
        return self.post(f"/api/v1/ballots/{uuid}/{action}/", **data)

    def post(self, url: str, **data: Any) -> Any:
        return self.client.post(url, data, content_type="application/json")


@pytest.fixture
def here() -> World:
    return world("spans", n_cases=2, n_raters=2)


@pytest.fixture
def api(here: World) -> Api:
    return Api(here, here.rater)


def test_a_program_votes_like_a_rater(api: Api) -> None:
    ballot = api.ballot().json()
    assert ballot["outcomes"][0] == "left_strongly"
    assert ballot["case"]["content"]["text"].startswith("HISTORY")
    assert ballot["left"]["data"]["segments"]
    answer = {
        "attempt": 1,
        "outcomes": {"overall": "tie"},
        "flags": [{"side": "left", "extent": "none", "likelihood": "low"}],
        "highlights": [{"side": "left", "start": 1, "end": 4, "error_type": "omission"}],
    }
    for _ in range(2):
        stored = api.act(ballot["uuid"], "vote", **answer)
        assert (stored.status_code, stored.json()["status"]) == (201, "voted")
    vote = Vote.objects.get()
    assert vote.highlights.get().end == 4
    assert api.ballot().json()["uuid"] != ballot["uuid"]
    undone = api.act(ballot["uuid"], "undo").json()
    assert (undone["uuid"], undone["attempt"]) == (ballot["uuid"], 2)
    assert api.act(ballot["uuid"], "vote", **answer).status_code == 400, "of an undone attempt"
    skipped = api.act(ballot["uuid"], "skip", attempt=2, reason="other")
    assert skipped.json()["status"] == "skipped"


def test_when_nothing_is_left_there_is_no_content(api: Api, here: World) -> None:
    for _ in here.cases:
        uuid = api.ballot().json()["uuid"]
        api.act(uuid, "vote", attempt=1, outcomes={"overall": "tie"})
    assert api.ballot().status_code == 204


TIE = {"attempt": 1, "outcomes": {"overall": "tie"}}
FLAG = {"side": "left", "extent": "none", "likelihood": "low"}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"attempt": 1},
        {"attempt": 1, "outcomes": {"overall": "left"}},
        {"attempt": 1, "outcomes": {"style": "tie"}},
        {"attempt": 0, "outcomes": {"overall": "tie"}},
        {"attempt": 2, "outcomes": {"overall": "tie"}},
        {"attempt": 1, "outcomes": {"overall": "tie"}, "confidence": 9},
        {"attempt": 1, "outcomes": {"overall": "tie"}, "flags": [{"side": "left"}]},
        {**TIE, "attempt": 10**30},
        {**TIE, "flags": [{**FLAG, "note": "x" * 2001}]},
        {**TIE, "highlights": [{"side": "left", "start": 0, "end": 10**30}]},
        {**TIE, "highlights": [{"side": "left", "start": 0, "end": 1}] * 201},
        {**TIE, "highlights": [{"side": "left", "region": {"x": 1, "colour": 2}}]},
    ],
)
def test_a_faulty_answer_is_refused_with_a_word(api: Api, answer: dict[str, Any]) -> None:
    response = api.act(api.ballot().json()["uuid"], "vote", **answer)
    assert response.status_code == 400
    assert response.json()
    assert not Vote.objects.exists()


def test_a_region_is_made_of_finite_numbers(api: Api) -> None:
    """JSON has no infinity, but Python reads 1e999 as one and a database refuses to store it."""
    url = f"/api/v1/ballots/{api.ballot().json()['uuid']}/vote/"
    region = '{"x": 1e999, "y": 1, "width": 1, "height": 1}'
    marks = f'"highlights": [{{"side": "left", "region": {region}}}]'
    body = f'{{"attempt": 1, "outcomes": {{"overall": "tie"}}, {marks}}}'
    response = api.client.post(url, body, content_type="application/json")
    assert (response.status_code, Vote.objects.count()) == (400, 0)


def test_deeply_nested_json_is_refused(api: Api) -> None:
    url = f"/api/v1/ballots/{api.ballot().json()['uuid']}/vote/"
    response = api.client.post(url, "[" * 100_000, content_type="application/json")
    assert response.status_code == 400


def test_the_ballots_of_others_do_not_exist(api: Api, here: World) -> None:
    uuid = api.ballot().json()["uuid"]
    other = Api(here, here.raters[1])
    answer = {"attempt": 1, "outcomes": {"overall": "tie"}, "reason": "other"}
    for action in ("vote", "skip", "undo"):
        assert other.act(uuid, action, **answer).status_code == 404
        assert api.act(uuid4(), action, **answer).status_code == 404
    assert other.client.get(reverse("api-ballot", args=[uuid])).status_code == 404


def test_without_signing_in_nothing_is_given(here: World) -> None:
    url = reverse("api-ballots", args=[here.study.slug])
    assert Client().post(url).status_code in {401, 403}
