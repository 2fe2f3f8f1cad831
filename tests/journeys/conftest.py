"""Debian's chromium, and a page that fails its test on anything a strict site must not do."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

# No sandbox: containers and CI run as root. No background traffic. WebGL in software.
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
]
EXPECTED = (
    "Failed to load resource",  # judged by the response, where there is more to go by
    "WebSocket connection to",  # the live server speaks none; pages then poll
)
ASSETS = {"script", "stylesheet", "image", "font", "media"}
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  reportViolation(`${event.violatedDirective} blocked ${event.blockedURI || event.sample}`));
"""


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all journeys; closed with them, as its loop would upset async tests.

    The loop runs in the test's own thread, where Django would suspect async code.
    """
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium: on Debian, apt-get install chromium")
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Guard:
    """Notes what no page of the site may do."""

    host: str
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=lambda: list(EXPECTED))

    def watch(self, context: BrowserContext) -> None:
        context.expose_function("reportViolation", lambda text: self.note(f"CSP: {text}"))
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("request", self.on_request)
        context.on("response", self.on_response)
        context.on("console", self.on_console)
        context.on("weberror", lambda error: self.note(f"error: {error.error}"))

    def note(self, fault: str) -> None:
        self.faults.append(fault)

    def on_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in {"data", "blob"} and url.netloc != self.host:
            self.note(f"left the host: {request.url}")

    def on_response(self, response: Response) -> None:
        asset_missing = response.status >= 400 and response.request.resource_type in ASSETS
        if response.status >= 500 or asset_missing:
            self.note(f"{response.status}: {response.url}")

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in self.expected):
            self.note(f"console: {message.text}")


@pytest.fixture
def guard(live_server: LiveServer) -> Guard:
    """What watches ``page``; a test that provokes an error adds its words to ``expected``."""
    return Guard(urlsplit(live_server.url).netloc)


@pytest.fixture
def page(chromium: Browser, live_server: LiveServer, guard: Guard) -> Iterator[Page]:
    """A page of the live server; the test fails if it met a fault, even if all else passed."""
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 1440, "height": 900}, locale="en-GB"
    )
    guard.watch(context)
    yield context.new_page()
    context.close()
    assert not guard.faults, "\n".join(guard.faults)


@pytest.fixture
def phone(chromium: Browser, live_server: LiveServer, guard: Guard) -> Iterator[Page]:
    """A page of a phone held upright, touched by fingers, under the guard of every journey."""
    context = chromium.new_context(
        base_url=live_server.url,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        locale="en-GB",
    )
    guard.watch(context)
    yield context.new_page()
    context.close()
    assert not guard.faults, "\n".join(guard.faults)


@pytest.fixture
def speaking(chromium: Browser, live_server: LiveServer, guard: Guard) -> Iterator[Any]:
    """Pages of a browser set to a language, under the guard of every journey."""
    contexts = []

    def page_in(language: str) -> Page:
        contexts.append(chromium.new_context(base_url=live_server.url, locale=language))
        guard.watch(contexts[-1])
        return contexts[-1].new_page()

    yield page_in
    for context in contexts:
        context.close()
    assert not guard.faults, "\n".join(guard.faults)
