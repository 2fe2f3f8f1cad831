"""News over a WebSocket: the same rule of access as the page, in the language of the page."""

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from django.core.cache import caches
from django.utils import timezone

from arena.studies.models import Case, Membership
from arena.voting import consumers, news
from arena.voting.routing import websocket_urlpatterns
from arena.voting.services import ballot_next
from tests.arena.sockets import Socket
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers.NewsConsumer, "seconds_between_looks", 0.05)
    caches["process"].clear()


@pytest.fixture
def here() -> World:
    return world(n_cases=1, study={"visibility": "public"})


def listen(here: World, query: str = "") -> Socket:
    path = f"/ws/studies/{here.study.slug}/vote/"
    query_string = query.encode()
    scope = {
        "type": "websocket",
        "path": path,
        "user": here.rater,
        "query_string": query_string,
    }
    return Socket(URLRouter(websocket_urlpatterns), scope)


async def opened(here: World) -> str:
    ballot = await sync_to_async(ballot_next)(rater=here.rater, study=here.study)
    return f"ballot={ballot.uuid}" if ballot else ""


async def test_an_open_page_is_told_when_its_ballot_is_withdrawn(here: World) -> None:
    socket = listen(here, f"language=de&{await opened(here)}")
    await socket.connect()
    assert "<p>" not in await socket.receive_text()
    assert await socket.receive_nothing(timeout=0.3)
    await Case.objects.aupdate(withdrawn_at=timezone.now())
    assert "Die Studie hat diesen Vergleich zurückgezogen" in await socket.receive_text()
    await socket.disconnect()


async def test_a_rater_who_waits_is_told_and_a_language_nobody_speaks_is_english(
    here: World,
) -> None:
    await Case.objects.aupdate(withdrawn_at=timezone.now())
    socket = listen(here, "language=<b>")
    await socket.connect()
    assert "<p>" not in await socket.receive_text()
    await Case.objects.aupdate(withdrawn_at=None)
    caches["process"].clear()
    assert "There is a ballot for you." in await socket.receive_text()
    await socket.disconnect()


async def test_a_study_that_closes_and_opens_again_says_both(here: World) -> None:
    socket = listen(here, await opened(here))
    await socket.connect()
    await socket.receive_text()
    here.study.status, here.study.closed_at = "closed", timezone.now()
    await here.study.asave()
    assert "What you wrote on this ballot stays" in await socket.receive_text()
    here.study.status, here.study.closed_at = "open", None
    await here.study.asave()
    assert "<p>" not in await socket.receive_text()
    await socket.disconnect()


async def test_a_role_taken_away_is_told_and_then_nothing_more(here: World) -> None:
    socket = listen(here, await opened(here))
    await socket.connect()
    await socket.receive_text()
    await Membership.objects.all().adelete()
    assert "You no longer rate in this study" in await socket.receive_text()
    assert (await socket.receive_output())["code"] == 4403


async def test_a_private_study_closes_without_a_word(here: World) -> None:
    here.study.visibility = "private"
    await here.study.asave()
    await Membership.objects.all().adelete()
    socket = listen(here)
    await socket.connect()
    assert (await socket.receive_output())["code"] == 4404


async def test_a_look_that_fails_ends_the_connection_so_that_the_page_asks_itself(
    here: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object) -> None:
        raise OSError("no database")

    monkeypatch.setattr(news, "_waiting", broken)
    socket = listen(here)
    await socket.connect()
    assert (await socket.receive_output())["code"] == 1011
    assert "a look of NewsConsumer failed" in caplog.text
