"""From a queued row to a stored answer of a chat server."""

from collections.abc import Iterator
from typing import Any

import pytest

from arena.generations.models import Endpoint, Generation
from arena.generations.services import endpoint_limit, generation_request
from arena.studies.models import Study
from tests.arena.generations import world
from tests.workers.chat_server import ChatServer, serving, streamed
from workers import runner
from workers.residency import Residents

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quiet_crew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "crew", runner.Crew())
    monkeypatch.setattr(runner, "residents", Residents(capacity=2))
    monkeypatch.setattr(runner, "enqueue", lambda *_, **__: None)
    monkeypatch.setattr("arena.generations.services.requests.enqueue", lambda *_, **__: None)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[ChatServer]:
    with serving() as made:
        monkeypatch.setenv("CONSILIUM_INSIDE_ENDPOINTS", made.place)
        settings.INSIDE_ENDPOINTS = [made.place]
        yield made


def asked(server: ChatServer, cases: int) -> Study:
    study = world.study()
    world.cases(study, cases)
    config = {"base_url": f"http://{server.place}/v1", "model": "m"}
    world.system(study, "chat", adapter="openai-compatible", config=config)
    generation_request(study=study)
    return study


def test_answers_are_stored_with_what_the_server_said_of_them(server: ChatServer) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    server.say = lambda body: streamed({"content": "Rest."}, usage=usage, pause=0.05)
    study = asked(server, 12)
    endpoint_limit(address=server.place, most_at_once=4)
    runner.run(resource="remote")
    assert world.statuses(study) == {"succeeded": 12}
    assert server.most_at_once == 4
    known = Generation.objects.all()[0].provenance
    assert (known["tokens_in"], known["tokens_out"], known["finish_reason"]) == (3, 2, "stop")
    assert known["served"] == {"model": "m-1"}
    assert known["first_token_seconds"] > 0


def test_a_server_without_room_gets_everything_answered_in_the_end(server: ChatServer) -> None:
    """It turns every request away but one in three, and asks for a pause of no length."""
    turns = iter(range(1000))

    def say(body: Any) -> Any:
        server.status = 200 if next(turns) % 3 == 2 else 429
        return {"choices": [{"message": {"content": "Rest."}, "finish_reason": "stop"}]}

    server.say, server.extra = say, {"Retry-After": "0"}
    study = asked(server, 4)
    endpoint_limit(address=server.place, most_at_once=1)
    for _ in range(40):
        runner.run(resource="remote")
    assert world.statuses(study) == {"succeeded": 4}
    assert {row.attempts for row in Generation.objects.all()} == {1}
    assert Endpoint.objects.get().last_trouble.startswith("The server answered 429")


def test_cases_that_may_no_longer_leave_are_not_sent(server: ChatServer, settings: Any) -> None:
    study = asked(server, 2)
    settings.INSIDE_ENDPOINTS = []
    runner.run(resource="remote")
    assert server.sent == []
    failed = Generation.objects.filter(failure="rejected_by_policy")
    assert [row.error for row in failed] == [failed[0].error] * 2
    assert "does not allow its cases to be sent" in failed[0].error
    assert world.statuses(study) == {"failed": 2}
