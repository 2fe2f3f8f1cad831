"""From one place that only one side has to the next, in both panes at once."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.arena.voting.world import NAMES, generation, system, world
from tests.journeys.test_marking import painted
from tests.journeys.test_voting import at_the_desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "The patient was admitted with pneumonia. " * 40
IN_VIEW = """(words) => [...document.querySelectorAll(".pane__body")].map((pane) => {
  const read = document.createTreeWalker(pane, NodeFilter.SHOW_TEXT);
  while (read.nextNode() && !read.currentNode.data.includes(words));
  const range = new Range();
  const at = read.currentNode.data.indexOf(words);
  range.setStart(read.currentNode, at);
  range.setEnd(read.currentNode, at + words.length);
  const [box, view] = [range.getBoundingClientRect(), pane.getBoundingClientRect()];
  return box.top >= view.top && box.bottom <= view.bottom;
})"""
PLACES = "() => [...CSS.highlights.get('found-now')].map((range) => range.toString())"


def desk(page: Page, live_server: LiveServer, kind: str, *records: Any) -> None:
    here = world(kind, n_cases=1, n_systems=0)
    for name, record in zip(NAMES, records, strict=False):
        generation(system(here.study, here.study.created_by, name), here.cases[0], record)
    at_the_desk(page, here, live_server)


def told(page: Page, said: str) -> None:
    expect(page.locator("#desk-status")).to_have_text(said)


def test_words_that_differ_are_gone_to_in_both_panes(page: Page, live_server: LiveServer) -> None:
    one = f"{LONG}Aspirin 100 mg daily. {LONG}Stop."
    other = f"{LONG}Aspirin 75 mg daily. {LONG}Please call back. Stop."
    desk(page, live_server, "summary", {"text": one}, {"text": other})
    page.keyboard.press(".")
    told(page, "Nothing is marked yet as only on one side: w marks such words.")
    page.keyboard.press("w")
    expect(page.locator(".differences")).to_have_count(2)
    page.keyboard.press(".")
    first = {"100", "75"}
    expect(page.locator("#desk-status")).to_contain_text("1 of 2, left output: ")
    assert {words.strip() for words in page.evaluate(PLACES)} == first
    assert page.evaluate(IN_VIEW, " mg daily.") == [True, True]
    page.keyboard.press(".")
    expect(page.locator("#desk-status")).to_contain_text("output: Please call back.")
    painted(page, [" Please call back."], "found-now")
    page.wait_for_timeout(200)
    assert page.evaluate(IN_VIEW, " Stop.") == [True, True], "also where the words are not"
    page.keyboard.press(".")
    expect(page.locator("#desk-status")).to_contain_text("1 of 2, ")
    page.keyboard.press(",")
    expect(page.locator("#desk-status")).to_contain_text("2 of 2, ")
    page.keyboard.press(",")
    expect(page.locator("#desk-status")).to_contain_text("1 of 2, ")
    expect(page.locator("#pane-left .pane__body")).to_be_focused()


def test_spans_of_one_side_are_gone_to(page: Page, live_server: LiveServer) -> None:
    both = {"start": 0, "end": 7, "type": "problem"}
    only = {"start": 10, "end": 15, "type": "problem"}
    desk(page, live_server, "spans", {"spans": [both]}, {"spans": [both, only]})
    expect(page.locator(".span--only")).to_have_count(1)
    words = page.locator(".span--only").evaluate("e => e.firstChild.data").strip()
    page.keyboard.press(",")
    expect(page.locator("#desk-status")).to_contain_text(f"output: {words}")
    expect(page.locator("#desk-status")).to_contain_text("1 of 1, ")


def test_where_nothing_is_marked_it_says_so(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world("mask", n_cases=1), live_server)
    page.keyboard.press(".")
    told(page, "Nothing is marked here as only on one side.")


def test_rows_of_one_side_are_gone_to(page: Page, live_server: LiveServer) -> None:
    at_the_desk(page, world("concept-codes", n_cases=1), live_server)
    expect(page.locator(".met--here")).to_have_count(2)
    page.keyboard.press(".")
    expect(page.locator("#desk-status")).to_contain_text("1 of 2, ")
    first = page.locator("#desk-status").inner_text()
    page.keyboard.press(".")
    expect(page.locator("#desk-status")).to_contain_text("2 of 2, ")
    both = first + page.locator("#desk-status").inner_text()
    assert "J18.9" in both
    assert "J20.9" in both
