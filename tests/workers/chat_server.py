"""A chat server of our own on a port of this machine: it answers as it is told."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Said = dict[str, Any]


class ChatServer(ThreadingHTTPServer):
    """``say`` gives the answer to a request's body; what was sent is kept in ``sent``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sent: list[tuple[str, Said, str | None]] = []
        self.headers: list[dict[str, str]] = []
        self.say: Callable[[Said], Any] = lambda body: whole("Rest.")
        self.status = 200
        self.extra: dict[str, str] = {}
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()

    @property
    def place(self) -> str:
        return f"localhost:{self.server_port}"

    @property
    def bodies(self) -> list[Said]:
        return [body for _, body, _ in self.sent]


class Handler(BaseHTTPRequestHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.sent.append((self.path, body, self.headers["Authorization"]))
            self.server.headers.append(dict(self.headers))
            self.server.at_once += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.at_once)
        try:
            self._send(self.server.say(body))
        finally:
            self.server.at_once -= 1

    def _send(self, answer: Any) -> None:
        if isinstance(answer, Iterator):
            return self._stream(answer)
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self._head({**self.server.extra, "Content-Length": str(len(data))})
        self.wfile.write(data)
        return None

    def _stream(self, pieces: Iterator[bytes]) -> None:
        self._head({"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
        for piece in pieces:
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def _head(self, headers: dict[str, str]) -> None:
        self.send_response(self.server.status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def whole(text: str, **more: Any) -> Said:
    """An answer in one piece."""
    message = {"role": "assistant", "content": text, **more.pop("message", {})}
    return {"choices": [{"message": message, "finish_reason": more.pop("finish", "stop")}], **more}


def calling(name: str, arguments: str) -> Said:
    """An answer that asks for a tool."""
    call = {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}
    message = {"content": None, "tool_calls": [call]}
    return {"choices": [{"message": message, "finish_reason": "tool_calls"}]}


def streamed(*deltas: Said, usage: Said | None = None, pause: float = 0) -> Iterator[bytes]:
    """An answer in pieces, as vLLM and the others send it."""
    for delta in deltas:
        time.sleep(pause)
        chunk = {"model": "m-1", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        yield event(chunk)
    yield event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    yield event({"choices": [], "usage": usage or {}})
    yield b"data: [DONE]\n\n"


def event(body: Said) -> bytes:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


@contextmanager
def serving() -> Iterator[ChatServer]:
    made = ChatServer()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        made.shutdown()
        thread.join()
        made.server_close()
