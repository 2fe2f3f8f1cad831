"""The end of a worker: whatever it waits for, it is gone when the grace is over."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from workers import clock, runner


class GoneError(Exception):
    """In place of the end of this process."""


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(code: int) -> None:
        raise GoneError(code)

    monkeypatch.setattr(clock, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(clock, "RELEASE_SECONDS", 0.2)
    monkeypatch.setattr(clock, "TICK_SECONDS", 0.1)
    monkeypatch.setattr(clock.os, "_exit", gone)
    monkeypatch.setattr(runner, "crew", runner.Crew())
    monkeypatch.setattr(clock, "_release", lambda: None)


def test_a_worker_that_answers_nothing_and_still_cannot_end_is_ended() -> None:
    """As one whose engine takes half a minute to be put out."""
    assert not runner.crew.flights
    with pytest.raises(GoneError, match="0"):
        clock._end_after_grace()
    assert runner.crew.stopping.is_set()


@pytest.mark.parametrize("stuck", ["_release", "stop"])
def test_neither_a_held_database_nor_an_error_keeps_it(
    stuck: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault() -> None:
        raise ValueError("an adapter that cannot be told")

    held = threading.Event()
    wait: Callable[[], Any] = held.wait
    if stuck == "stop":
        monkeypatch.setattr(runner, "stop", fault)
    else:
        monkeypatch.setattr(clock, "_release", wait)
    began = time.monotonic()
    with pytest.raises(GoneError):
        clock._end_after_grace()
    assert time.monotonic() - began < 5
    held.set()


def test_a_worker_that_was_told_to_stop_collects_no_garbage_on_its_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Any other process ends as it would."""
    monkeypatch.setattr(clock, "told_to_stop", threading.Event())
    clock._end_at_once()
    clock.told_to_stop.set()
    with pytest.raises(GoneError):
        clock._end_at_once()
