"""A rater is told what changes while they wait or read, over a WebSocket and without one."""

import re

import pytest
from django.core.cache import caches
from django.utils import timezone
from playwright.sync_api import Page, Route, WebSocketRoute, expect
from pytest_django.live_server_helper import LiveServer

from arena.generations.models import Generation
from arena.studies.models import Case
from arena.voting import news
from arena.voting.models import Ballot
from arena.voting.news import News, news_fragment
from tests.arena.voting.world import World, generation, sample_record, world
from tests.journeys.browser import axe_faults, look, sign_in
from tests.journeys.test_voting import at_the_desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "SECONDS_BETWEEN_LOOKS", 0)
    caches["process"].clear()


def asks_often(page: Page) -> None:
    """Without a WebSocket, as of the live server; every half second in place of twenty."""

    def answer(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=response.text().replace("every 20s", "every 500ms"))

    page.route(re.compile(r"/vote/(news/.*)?$"), answer)


def waits(page: Page, live_server: LiveServer) -> World:
    """A rater on the page of a study whose second system has not answered yet."""
    here = world(n_cases=1)
    Generation.objects.filter(study_system=here.systems[1]).delete()
    sign_in(page, here.rater, live_server.url)
    page.goto(f"{live_server.url}/studies/{here.study.slug}/vote/")
    expect(page.get_by_text("Nothing to judge yet")).to_be_visible()
    return here


def late_answer(here: World) -> None:
    generation(here.systems[1], here.cases[0], sample_record("summary", 1))


def pushed(page: Page) -> list[WebSocketRoute]:
    """What the page has opened; a test sends by it what the server would."""
    opened: list[WebSocketRoute] = []
    page.route_web_socket(re.compile(r"/ws/studies/.*/vote/"), lambda ws: opened.append(ws))
    return opened


def told(here: World, word: News, ballot: bool = True) -> str:
    uuid = Ballot.objects.get().uuid if ballot else None
    return news_fragment(word, slug=here.study.slug, ballot=uuid)


def test_who_waits_is_told_and_shown_the_ballot_without_a_websocket(
    page: Page, live_server: LiveServer
) -> None:
    asks_often(page)
    here = waits(page, live_server)
    assert axe_faults(page) == []
    late_answer(here)
    expect(page.get_by_role("status").get_by_text("There is a ballot for you.")).to_be_visible()
    expect(page.locator("#desk[data-ballot]")).to_be_visible()
    expect(page.locator("#desk-question")).to_be_focused()
    page.keyboard.press("1")
    expect(page.get_by_role("radio", name="Left is much better")).to_be_checked()


def test_who_waits_is_told_and_shown_the_ballot_by_a_websocket(
    page: Page, live_server: LiveServer
) -> None:
    opened = pushed(page)
    here = waits(page, live_server)
    late_answer(here)
    opened[0].send(told(here, News.BALLOT, ballot=False))
    expect(page.get_by_role("status").get_by_text("There is a ballot for you.")).to_be_visible()
    expect(page.locator("#desk[data-ballot]")).to_be_visible()
    page.wait_for_timeout(200)
    assert [f"ballot={Ballot.objects.get().uuid}" in socket.url for socket in opened] == [
        False,
        True,
    ]


def test_with_a_websocket_the_page_does_not_ask_by_itself(
    page: Page, live_server: LiveServer
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    pushed(page)
    asks_often(page)
    waits(page, live_server)
    page.wait_for_timeout(1500)
    assert not [url for url in asked if "/news/" in url]


def test_what_was_written_stays_when_the_study_ends_and_the_ballot_goes_on_with_it(
    page: Page, live_server: LiveServer
) -> None:
    asks_often(page)
    here = world()
    at_the_desk(page, here, live_server)
    for key in ("2", "n"):
        page.keyboard.press(key)
    page.keyboard.type("Half a rea")
    here.study.status, here.study.closed_at = "closed", timezone.now()
    here.study.save()
    said = page.get_by_role("status").filter(has_text="This study takes no votes now")
    expect(said).to_contain_text("What you wrote on this ballot stays on this page.")
    page.keyboard.type("son")
    assert axe_faults(page) == []
    here.study.status, here.study.closed_at = "open", None
    here.study.save()
    expect(said).to_have_count(0)
    expect(page.get_by_role("textbox", name="Reason")).to_have_value("Half a reason")
    page.locator("#submit-vote").click()
    expect(page.locator(".desk__progress span")).to_have_text("1 of 2 votes")


@pytest.mark.slow
def test_a_withdrawn_ballot_says_so_and_leads_on(page: Page, live_server: LiveServer) -> None:
    opened = pushed(page)
    here = world()
    at_the_desk(page, here, live_server)
    page.keyboard.press("4")
    ballot = Ballot.objects.get()
    Case.objects.filter(versions__comparison__ballots=ballot).update(withdrawn_at=timezone.now())
    opened[0].send(told(here, News.WITHDRAWN))
    expect(page.get_by_text("it needs no answer any more")).to_be_visible()
    expect(page.get_by_role("radio", name="Right is slightly better")).to_be_checked()
    look(page, "ballot-withdrawn")
    page.get_by_role("link", name="Next ballot").click()
    expect(page.locator("#desk")).not_to_have_attribute("data-ballot", str(ballot.uuid))


def test_a_page_that_is_turned_away_asks_no_more(page: Page, live_server: LiveServer) -> None:
    opened = pushed(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    asks_often(page)
    at_the_desk(page, world(), live_server)
    opened[0].close(code=4403, reason="")
    page.wait_for_timeout(1500)
    assert len(opened) == 1
    assert not [url for url in asked if "/news/" in url]
