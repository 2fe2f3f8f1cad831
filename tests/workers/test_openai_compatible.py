"""Chat servers: what is sent, what comes back, which troubles pass; and where nobody may call."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from workers.adapters import safe_http
from workers.adapters.base import AdapterError, Ask, Part
from workers.adapters.openai_compatible import OpenAICompatible
from workers.adapters.python_callable import PythonCallable


class Server(ThreadingHTTPServer):
    """Answers with what it was given, and keeps what it was sent."""

    status = 200
    answer: Any = {"choices": [{"message": {"content": "Rest."}, "finish_reason": "stop"}]}
    extra: dict[str, str] = {}

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sent: list[tuple[str, dict[str, Any], str | None]] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.sent.append((self.path, body, self.headers["Authorization"]))
        answer = self.server.answer
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(self.server.status)
        for key, value in {**self.server.extra, "Content-Length": str(len(data))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("CONSILIUM_INSIDE_ENDPOINTS", f"localhost:{made.server_port}")
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def adapter(server: Server, **config: Any) -> OpenAICompatible:
    url = f"http://localhost:{server.server_port}/v1/"
    return OpenAICompatible({"base_url": url, "model": "m", **config})


ASK = Ask(
    "c", "What now?", (Part("text", "Fever. {text}", name="text"),), "summary",
    prompt="{question} {text}", decoding={"temperature": 0.2, "colour": 1}, seed=7,
)  # fmt: skip


def test_the_case_stands_in_the_users_turn_and_only_known_settings_are_sent(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSILIUM_KEY_TEST", "secret")
    monkeypatch.setenv("CONSILIUM_KEY_TEST_HOST", "localhost")
    made = adapter(server, system_prompt="Be brief.", key_variable="CONSILIUM_KEY_TEST")
    assert made.answer(ASK).record == {"text": "Rest."}
    path, body, key = server.sent[0]
    assert (path, key) == ("/v1/chat/completions", "Bearer secret")
    assert body == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What now? Fever. {text}"},
        ],
        "temperature": 0.2,
        "seed": 7,
    }


def test_images_go_along_as_data(server: Server) -> None:
    image = Part("image", b"\x89PNG", name="image", media_type="image/png")
    adapter(server).answer(Ask("c", "?", (image,), "summary"))
    content = server.sent[0][1]["messages"][0]["content"]
    assert content[1]["image_url"]["url"] == "data:image/png;base64,iVBORw=="


@pytest.mark.parametrize(
    ("status", "answer", "failure", "retryable"),
    [
        (429, {"error": "slow down"}, "crashed", True),
        (503, {}, "crashed", True),
        (400, {"error": "bad"}, "crashed", False),
        (400, {"error": {"code": "content_filter"}}, "rejected_by_policy", False),
        (302, {}, "crashed", False),
        (200, {"choices": []}, "invalid_output", False),
        (200, b"<html>", "invalid_output", False),
        (200, {"choices": [{"message": {"refusal": "I cannot"}}]}, "refused", False),
        (
            200,
            {"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]},
            "rejected_by_policy",
            False,
        ),
    ],
)
def test_every_trouble_has_its_class(
    server: Server, status: int, answer: Any, failure: str, retryable: bool
) -> None:
    server.status, server.answer = status, answer
    server.extra = {"Retry-After": "17", "Location": "http://169.254.169.254/"}
    with pytest.raises(AdapterError) as caught:
        adapter(server).answer(ASK)
    error = caught.value
    assert (error.failure, error.retryable) == (failure, retryable)
    assert error.retry_after == (17.0 if status != 200 else None)
    assert len(server.sent) == 1


def test_a_server_that_sends_too_much_is_cut_off(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safe_http, "MOST_BYTES", 10)
    with pytest.raises(AdapterError, match="sent too much"):
        adapter(server).answer(ASK)


def test_a_key_may_not_be_just_any_variable(server: Server) -> None:
    with pytest.raises(AdapterError, match="CONSILIUM_KEY_"):
        adapter(server, key_variable="CONSILIUM_SECRET_KEY").answer(ASK)
    assert server.sent == []


@pytest.mark.parametrize("host", [None, "", "api.example.org"])
def test_a_key_goes_to_no_server_but_its_own(
    server: Server, monkeypatch: pytest.MonkeyPatch, host: str | None
) -> None:
    monkeypatch.setenv("CONSILIUM_KEY_TEST", "secret")
    if host is not None:
        monkeypatch.setenv("CONSILIUM_KEY_TEST_HOST", host)
    with pytest.raises(AdapterError, match="not a key for localhost"):
        adapter(server, key_variable="CONSILIUM_KEY_TEST").answer(ASK)
    assert server.sent == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://x/", "//x/",
        "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
        "https://017700000001/", "https://0/", "https://localhost/", "https://[::1]/",
        "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/",
        "https://[fd00::1]/", "https://[fe80::1]/", "https://169.254.169.254/latest/",
        "https://10.0.0.1/", "https://192.168.1.1/", "https://172.16.0.1/", "https://100.64.0.1/",
        "https://224.0.0.1/", "https://1.1.1.1:8080/", "https://user@1.1.1.1/",
        "https://①②⑦.0.0.1/", "https://1.1.1.1:99999/", "https:///", "",
    ],
)  # fmt: skip
def test_hostile_addresses_are_refused(url: str) -> None:
    with pytest.raises(safe_http.EndpointError):
        safe_http.endpoint(url)


def test_public_addresses_pass_and_are_pinned() -> None:
    found = safe_http.endpoint("https://1.1.1.1/v1?x=1")
    assert (found.address, found.port, found.path, found.secure) == (
        "1.1.1.1",
        443,
        "/v1?x=1",
        True,
    )


def test_only_listed_functions_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "workers.adapters.mock:plain"
    with pytest.raises(AdapterError, match="not listed"):
        PythonCallable({"callable": name}).load()
    monkeypatch.setenv("CONSILIUM_CALLABLES", f"other:thing, {name}")
    made = PythonCallable({"callable": name})
    made.load()
    assert "text" in made.answer(ASK).record
