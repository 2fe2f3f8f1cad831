"""What fails a journey can fail it: a violation of the policy, a request that leaves the host."""

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.journeys.conftest import Guard

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VIOLATIONS = {
    "style-src": """document.body.insertAdjacentHTML("beforeend", '<p style="color: red">x</p>')""",
    "script-src": """document.body.append(Object.assign(document.createElement("script"),
        { textContent: "1" }))""",
    "img-src": """document.body.append(Object.assign(new Image(),
        { src: "http://localhost:1/x" }))""",
    "connect-src": """fetch("http://localhost:1/").catch(() => {})""",
}


def noted(page: Page, guard: Guard, words: str) -> bool:
    """Whether the guard saw it; what it saw is then forgiven, since this test provoked it."""
    page.wait_for_timeout(300)
    found = any(fault.startswith(words) for fault in guard.faults)
    guard.faults.clear()
    return found


@pytest.mark.parametrize("directive", VIOLATIONS)
def test_a_violation_of_the_policy_is_noted(page: Page, guard: Guard, directive: str) -> None:
    page.goto("/")
    assert not guard.faults
    page.evaluate(f"() => {{ {VIOLATIONS[directive]} }}")
    assert noted(page, guard, f"CSP: {directive}")


def test_a_request_that_leaves_the_host_is_noted(
    page: Page, guard: Guard, live_server: LiveServer
) -> None:
    elsewhere = live_server.url.replace("localhost", "127.0.0.1")
    assert elsewhere != live_server.url
    page.goto(elsewhere)
    assert noted(page, guard, f"left the host: {elsewhere}")


def test_an_error_of_a_script_is_noted(page: Page, guard: Guard) -> None:
    page.goto("/")
    page.evaluate("() => { setTimeout(() => { throw new Error('by this test') }) }")
    assert noted(page, guard, "error: by this test")
