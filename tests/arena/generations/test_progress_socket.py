"""Live progress over a WebSocket: the same rule of access as the page."""

import asyncio

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser

from arena.accounts.models import User
from arena.generations import consumers
from arena.generations.models import Generation
from arena.generations.services import generation_request
from arena.studies.models import Membership, Study
from tests.arena.generations import world
from tests.arena.sockets import Socket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers.ProgressConsumer, "seconds_between_looks", 0.05)


@pytest.fixture
def study() -> Study:
    made = world.study()
    Membership.objects.create(study=made, user=made.created_by, role="coordinator")
    world.cases(made, 2)
    world.system(made)
    generation_request(study=made)
    return made


def listen(user: User | AnonymousUser, slug: str = "notes") -> Socket:
    scope = {"type": "websocket", "user": user, "url_route": {"kwargs": {"slug": slug}}}
    return Socket(consumers.ProgressConsumer.as_asgi(), scope)


async def test_the_fragment_is_sent_at_once_and_again_only_when_it_has_changed(
    study: Study,
) -> None:
    socket = listen(study.created_by)
    await socket.connect()
    first = await socket.receive_text()
    assert "<strong>0</strong> of 2 answered" in first
    assert await socket.receive_nothing(timeout=0.3)
    answered = {"status": "succeeded", "record": {"text": "x"}}
    await database_sync_to_async(Generation.objects.update)(**answered)
    second = await socket.receive_text()
    assert "<strong>2</strong> of 2 answered" in second
    assert "hx-get" not in second
    await socket.disconnect()


@pytest.mark.parametrize(("who", "code"), [("nobody", 4404), ("stranger", 4404), ("rater", 4403)])
async def test_others_are_turned_away_without_a_word(study: Study, who: str, code: int) -> None:
    user = await database_sync_to_async(person)(study, who)
    socket = listen(user)
    await socket.connect()
    closed = await socket.receive_output()
    assert (closed["type"], closed["code"]) == ("websocket.close", code)


async def test_an_unknown_study_is_not_found(study: Study) -> None:
    socket = listen(study.created_by, "nothing")
    await socket.connect()
    assert (await socket.receive_output())["code"] == 4404


async def test_a_role_taken_away_ends_the_updates(study: Study) -> None:
    socket = listen(study.created_by)
    await socket.connect()
    await socket.receive_text()
    await database_sync_to_async(Membership.objects.all().delete)()
    assert (await socket.receive_output())["code"] == 4404


async def test_what_a_browser_sends_changes_nothing(study: Study) -> None:
    socket = listen(study.created_by)
    await socket.connect()
    await socket.receive_text()
    await socket.send_input({"type": "websocket.receive", "text": "start"})
    assert await socket.receive_nothing(timeout=0.2)
    await socket.disconnect()


async def test_nothing_keeps_looking_after_the_page_is_closed(study: Study) -> None:
    before = len(asyncio.all_tasks())
    socket = listen(study.created_by)
    await socket.connect()
    await socket.receive_text()
    await socket.disconnect()
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == before


def person(study: Study, who: str) -> User | AnonymousUser:
    if who == "nobody":
        return AnonymousUser()
    user = User.objects.create_user(f"{who}@example.org")
    if who == "rater":
        study.visibility = "public"
        study.status, study.opened_at = "open", study.created_at
        study.save()
        Membership.objects.create(study=study, user=user, role="rater")
    return user
