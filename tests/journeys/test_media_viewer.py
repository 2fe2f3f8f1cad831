"""Clips play together, sounds take turns; both sides are always at the same place."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import kinds_examples, media
from tests.arena.voting.world import NAMES, generation, system, world
from tests.journeys.browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STATES = """() => [...document.querySelectorAll(".media-view__player")].map((player) =>
  ({ paused: player.paused, at: player.currentTime, rate: player.playbackRate }))"""
GREYS = """() => [...document.querySelectorAll("video")].map((video) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 128, height: 96 });
  canvas.getContext("2d").drawImage(video, 0, 0, 128, 96);
  return canvas.getContext("2d").getImageData(120, 50, 1, 1).data[0];
})"""
LONG = {
    "first.webm": media.webm((40, 80, 120, 160, 200) * 4),
    "second.webm": media.webm((50, 90, 130, 170, 210) * 4),
    "first.wav": media.wav(4),
    "second.wav": media.wav(4, hertz=300, loud=0.1),
    "first.npy": media.npy(np.linspace(0, 1, 50)[:, None, None] * np.ones((50, 60, 80))),
    "second.npy": media.npy(np.linspace(0, 2, 50)[:, None, None] * np.ones((50, 60, 80))),
}
Holds = Callable[[Any], bool]


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds_examples, "FILES", LONG)


def desk(page: Page, live_server: LiveServer, kind: str, field: str, *names: str) -> None:
    here = world(kind, n_cases=1, n_systems=0)
    for name, file in zip(NAMES, names, strict=False):
        generation(system(here.study, here.study.created_by, name), here.cases[0], {field: file})
    sign_in(page, here.rater, live_server.url)
    page.goto(f"/studies/{here.study.slug}/vote/")
    expect(page.locator("c-media[data-ready]")).to_have_count(2)


def wait(page: Page, script: str, holds: Holds) -> Any:
    """Asks again until it holds; the page's policy forbids Playwright's own way of waiting."""
    found = None
    for _ in range(80):
        found = page.evaluate(script)
        if holds(found):
            return found
        page.wait_for_timeout(50)
    pytest.fail(f"still {found}")


def apart(found: Any) -> float:
    return abs(float(found[0]["at"] - found[1]["at"]))


def test_clips_play_stop_and_step_together(page: Page, live_server: LiveServer) -> None:
    desk(page, live_server, "video-generated", "video", "first.webm", "second.webm")
    wait(page, STATES, lambda found: all(state["paused"] for state in found))
    play = page.get_by_role("button", name="Play both")
    play.click()
    wait(
        page, STATES, lambda f: all(not s["paused"] and s["at"] > 0.3 for s in f) and apart(f) < 0.3
    )
    expect(play).to_have_attribute("aria-pressed", "true")
    play.click()
    found = wait(page, STATES, lambda f: all(s["paused"] for s in f) and apart(f) < 0.02)
    page.get_by_role("button", name="One frame on").click()
    wait(page, STATES, lambda f: f[0]["at"] == pytest.approx(found[0]["at"] + 0.2, abs=0.05))
    page.get_by_label("Speed").select_option("0.5")
    wait(page, STATES, lambda f: [state["rate"] for state in f] == [0.5, 0.5])


def test_seeking_in_one_player_moves_the_other(page: Page, live_server: LiveServer) -> None:
    desk(page, live_server, "video-generated", "video", "first.webm", "second.webm")
    right = page.locator("c-media[data-side=right]")
    right.dispatch_event("pointerdown")
    right.locator("video").evaluate("(video) => { video.currentTime = 2.5; }")
    wait(page, STATES, lambda f: f[0]["at"] == pytest.approx(2.5))
    greys = wait(page, GREYS, lambda f: min(f) > 100)
    assert abs(greys[0] - greys[1]) == pytest.approx(10, abs=4), "each side shows its own frames"


def test_loops_of_numbers_play_in_the_same_shades(page: Page, live_server: LiveServer) -> None:
    """Near the end the one loop is at 1 and the other at 2, under one window for both."""
    desk(page, live_server, "image-reconstructed", "image", "first.npy", "second.npy")
    page.get_by_role("button", name="Play both").click()
    wait(page, STATES, lambda f: all(not state["paused"] and state["at"] > 0.2 for state in f))
    page.get_by_role("button", name="Play both").click()
    page.locator("c-media[data-side=left] video").evaluate("(v) => { v.currentTime = 1.96; }")
    wait(page, STATES, lambda f: all(state["at"] == pytest.approx(1.96) for state in f))
    wait(page, GREYS, lambda f: 2 * min(f) == pytest.approx(max(f), abs=14) and max(f) > 230)


def test_sounds_take_turns_and_go_on_at_the_same_place(page: Page, live_server: LiveServer) -> None:
    desk(page, live_server, "audio-generated", "audio", "first.wav", "second.wav")
    switch = page.get_by_role("button", name="Go on with the other side’s sound")
    switch.click()
    wait(page, STATES, lambda f: [s["paused"] for s in f] == [False, True] and f[0]["at"] > 0.4)
    switch.click()
    found = wait(page, STATES, lambda f: [s["paused"] for s in f] == [True, False])
    assert found[1]["at"] > 0.3
    switch.click()
    wait(page, STATES, lambda f: [s["paused"] for s in f] == [False, True])


def test_without_javascript_both_are_plain_players(
    page: Page, live_server: LiveServer, chromium: Any
) -> None:
    here = world("audio-generated", n_cases=1)
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    plain = context.new_page()
    sign_in(plain, here.rater, live_server.url)
    plain.goto(f"/studies/{here.study.slug}/vote/")
    expect(plain.locator("audio[controls]")).to_have_count(2)
    expect(plain.get_by_text("4.0 seconds").first).to_be_visible()
    context.close()


def test_a_study_that_asks_for_reading_asks_to_play(page: Page, live_server: LiveServer) -> None:
    here = world("audio-generated", n_cases=1, least_view_seconds=1)
    sign_in(page, here.rater, live_server.url)
    page.goto(f"/studies/{here.study.slug}/vote/")
    gate = page.locator("#answer-gate")
    expect(gate).to_contain_text("play it once")
    page.locator("c-media[data-side=left]").dispatch_event("pointerdown")
    page.get_by_role("button", name="Go on with the other side’s sound").click()
    expect(gate).not_to_contain_text("play it once")
