"""From a queued row to a stored answer of a chat server."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as django_settings
from django.db import connection, connections

from arena.generations.models import Endpoint, Generation
from arena.generations.services import endpoint_limit, generation_request, leases_recover
from arena.studies.models import Study
from tests.arena.generations import world
from tests.workers.chat_server import ChatServer, serving, streamed, whole
from workers import runner
from workers.residency import Residents

ROOT = Path(__file__).resolve().parents[2]
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
        settings.VAULT_KEYS = [Fernet.generate_key().decode()]
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


# Keys -------------------------------------------------------------------------------------------
KEY = "verysecret0123456789"


def keyed(server: ChatServer, adapter: str = "openai-compatible", **config: Any) -> Study:
    study = world.study()
    world.cases(study, 1)
    place = {"base_url": f"http://{server.place}/v1", **config}
    world.system(study, "chat", adapter=adapter, config=place, key=KEY)
    generation_request(study=study)
    runner.run(resource="remote")
    return study


def test_a_stored_key_is_sent_and_a_server_that_repeats_it_does_not_spread_it(
    server: ChatServer,
) -> None:
    server.say = lambda body: whole(f"Your key is {KEY}.", model=KEY)
    keyed(server, model="m")
    assert server.sent[0][2] == f"Bearer {KEY}"
    row = Generation.objects.get()
    assert row.record == {"text": "Your key is ***."}
    assert KEY not in json.dumps(row.provenance)


def test_an_error_that_holds_the_key_is_stored_without_it(server: ChatServer) -> None:
    server.status, server.say = 401, lambda body: {"error": f"bad key {KEY}"}
    keyed(server, model="m")
    row = Generation.objects.get()
    assert (row.status, KEY in row.error) == ("failed", False)
    assert "bad key ***" in row.error
    assert "is the key right?" in row.error


def test_a_service_takes_its_key_where_it_wants_it(server: ChatServer) -> None:
    server.say = lambda body: {"answer": "Rest."}
    fields = {"request": {"q": "{text}", "auth": "{key}"}, "record": {"text": "$.answer"}}
    study = keyed(server, "http-json", key_header="X-API-Key", **fields)
    assert world.statuses(study) == {"succeeded": 1}
    assert server.bodies[0]["auth"] == KEY
    assert server.headers[0]["X-API-Key"] == KEY
    assert server.sent[0][2] is None


def test_a_key_whose_vault_key_is_gone_is_told(server: ChatServer, settings: Any) -> None:
    study = world.study()
    world.cases(study, 1)
    config = {"base_url": f"http://{server.place}/v1", "model": "m"}
    world.system(study, "chat", adapter="openai-compatible", config=config, key=KEY)
    generation_request(study=study)
    settings.VAULT_KEYS = [Fernet.generate_key().decode()]
    runner.run(resource="remote")
    assert "cannot be read" in Generation.objects.get().error
    assert server.sent == []


# One slow answer among fast ones ----------------------------------------------------------------
KILLED = """
import os, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
django.setup()
from workers import runner
runner.enqueue = lambda *_, **__: None
runner.run(resource="remote")
"""


@pytest.fixture
def slow(server: ChatServer) -> Iterator[threading.Event]:
    """Case 3 is answered only once this is set; the other seven at once."""
    let_go = threading.Event()

    def say(body: Any) -> Any:
        if "Note 3 " in body["messages"][-1]["content"]:
            let_go.wait(60)
        return whole("Rest.")

    server.say = say
    yield let_go
    let_go.set()


def until_stored(study: Study, count: int) -> None:
    for _ in range(600):
        if world.statuses(study).get("succeeded", 0) >= count:
            return
        time.sleep(0.05)
    raise AssertionError(world.statuses(study))


def asked_of(server: ChatServer) -> dict[int, int]:
    """How often each case was put to the server."""
    notes = [re.search(r"Note (\d)", b["messages"][-1]["content"]) for b in server.bodies]
    return Counter(int(found[1]) for found in notes if found)


def test_a_slow_answer_holds_back_none_of_its_claim_and_its_lease_is_renewed(
    server: ChatServer, slow: threading.Event
) -> None:
    study = asked(server, 8)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(in_a_thread)
        until_stored(study, 7)
        (waiting,) = Generation.objects.filter(status="claimed")
        (flight,) = runner.crew.flights.values()
        flight.renewed -= django_settings.LEASE_SECONDS
        runner.leases_hold()
        waiting_still = Generation.objects.get(pk=waiting.pk)
        slow.set()
        running.result(30)
    assert waiting.lease_until is not None
    assert waiting_still.lease_until is not None
    assert waiting_still.lease_until > waiting.lease_until
    assert world.statuses(study) == {"succeeded": 8}
    assert asked_of(server) == dict.fromkeys(range(8), 1)


def in_a_thread() -> None:
    try:
        runner.run(resource="remote")
    finally:
        connections.close_all()


def test_what_came_before_a_worker_was_killed_is_not_asked_again(
    server: ChatServer, slow: threading.Event
) -> None:
    study = asked(server, 8)
    worker = subprocess.Popen([sys.executable, "-c", KILLED], env=worker_env(server), cwd=ROOT)
    try:
        until_stored(study, 7)
    finally:
        worker.kill()
        worker.wait()
    slow.set()
    Generation.objects.filter(status="claimed").update(lease_until=datetime.now(UTC))
    assert leases_recover() == 1
    runner.run(resource="remote")
    assert world.statuses(study) == {"succeeded": 8}
    assert asked_of(server) == {**dict.fromkeys(range(8), 1), 3: 2}


def worker_env(server: ChatServer) -> dict[str, str]:
    """For a process of its own on the database of this test."""
    return os.environ | {
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "CONSILIUM_INSIDE_ENDPOINTS": server.place,
        "DJANGO_SETTINGS_MODULE": "arena.settings",
    }
