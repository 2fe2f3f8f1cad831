"""Where nobody may call; and no server holds a worker longer, or feeds it more, than agreed."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.workers.chat_server import ChatServer, serving
from workers.adapters import safe_http
from workers.adapters.base import AdapterError


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with serving() as made:
        monkeypatch.setenv("CONSILIUM_INSIDE_ENDPOINTS", made.place)
        yield made


def url(server: ChatServer) -> str:
    return f"http://{server.place}/"


@pytest.mark.parametrize(
    "url",
    [
        # not https, not a host, not the web
        "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://x/", "//x/",
        "https:///", "", "https://1.1.1.1:99999/", "https://1.1.1.1:8080/", "https://1.1.1.1:22/",
        # this machine, in all its spellings
        "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
        "https://017700000001/", "https://0/", "https://localhost/",
        "https://[::1]/", "https://[::]/", "https://[::127.0.0.1]/", "https://0177.0.0.0x1/",
        # IPv4 inside IPv6: mapped, NAT64, local NAT64, translated, 6to4, Teredo
        "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[64:ff9b:1::7f00:1]/",
        "https://[::ffff:0:127.0.0.1]/", "https://[2002:7f00:1::]/",
        "https://[2001:0:53aa:64c:0:fbff:7f00:1]/",
        # the metadata service of clouds
        "https://169.254.169.254/latest/", "https://2852039166/", "https://[::ffff:a9fe:a9fe]/",
        "https://[fd00:ec2::254]/",
        # private, shared, link-local, site-local, benchmarking, reserved, multicast, documentation
        "https://10.0.0.1/", "https://192.168.1.1/", "https://172.16.0.1/", "https://100.64.0.1/",
        "https://[fd00::1]/", "https://[fe80::1]/", "https://[fec0::1]/", "https://198.18.0.1/",
        "https://240.0.0.1/", "https://255.255.255.255/", "https://224.0.0.1/", "https://192.0.0.8/",
        "https://192.0.2.1/", "https://[2001:db8::1]/", "https://[ff02::1]/",
        # a parser that could be led astray
        "https://user@1.1.1.1/", "https://1.1.1.1@127.0.0.1/", "https://①②⑦.0.0.1/",
        "https://1.1.1.1\\@127.0.0.1/", "https://1.1.1.1/\r\nHost: inside", "https://1.1.1.1 /",
        "https://1.1.1.1\t/", "https://１２７.0.0.1/", "https://127。0。0。1/",
    ],
)  # fmt: skip
def test_hostile_addresses_are_refused(url: str) -> None:
    with pytest.raises(safe_http.EndpointError):
        safe_http.endpoint(url)


def test_public_addresses_pass_and_are_pinned() -> None:
    found = safe_http.endpoint("https://1.1.1.1/v1?x=1")
    assert (found.addresses, found.port, found.path, found.secure) == (
        ("1.1.1.1",),
        443,
        "/v1?x=1",
        True,
    )


def looked_up(*rounds: list[str]) -> Any:
    """A name server that answers each look-up differently."""
    answers = iter(rounds)

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in next(answers)]

    return getaddrinfo


def test_a_name_that_leads_outside_and_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = looked_up(["1.1.1.1", "10.0.0.1"])
    monkeypatch.setattr(safe_http.socket, "getaddrinfo", found)
    with pytest.raises(safe_http.EndpointError, match="private network"):
        safe_http.endpoint("https://two-faced.example/")


def test_a_name_that_turns_inside_after_the_check_is_called_where_it_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: the connection goes to the address that was looked at, by number."""
    called: list[tuple[str, int]] = []

    def connect(place: tuple[str, int], timeout: float) -> socket.socket:
        called.append(place)
        raise OSError("not today")

    found = looked_up(["1.1.1.1"], ["127.0.0.1"], ["127.0.0.1"])
    monkeypatch.setattr(safe_http.socket, "getaddrinfo", found)
    monkeypatch.setattr(safe_http.socket, "create_connection", connect)
    with pytest.raises(AdapterError, match="cannot be reached"):
        safe_http.post_json("https://rebinding.example/", {})
    assert called == [("1.1.1.1", 443)]


def test_a_proxy_of_the_environment_is_not_used(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    assert safe_http.post_json(url(server), {}).status == 200


def test_an_address_inside_is_called_only_under_the_port_that_was_allowed(
    server: ChatServer,
) -> None:
    assert safe_http.post_json(url(server), {"a": 1}).status == 200
    with pytest.raises(safe_http.EndpointError):
        safe_http.post_json(f"http://localhost:{server.server_port + 1}/", {})
    with pytest.raises(safe_http.EndpointError):
        safe_http.post_json(f"http://127.0.0.1:{server.server_port}/", {})


def test_a_redirect_is_not_followed(server: ChatServer) -> None:
    server.status, server.extra = 307, {"Location": "http://169.254.169.254/latest/"}
    assert safe_http.post_json(url(server), {}).status == 307
    assert len(server.sent) == 1


def test_a_server_that_sends_too_much_is_cut_off(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safe_http, "MOST_BYTES", 10)
    with pytest.raises(AdapterError, match="sent too much") as caught:
        safe_http.post_json(url(server), {})
    assert caught.value.failure == "invalid_output"


def test_an_endless_stream_is_cut_off_in_bytes(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safe_http, "MOST_BYTES", 100_000)
    server.say = lambda body: iter(lambda: b"data: x\n\n" * 100, None)
    with pytest.raises(AdapterError, match="sent too much"):
        safe_http.post_json(url(server), {})


@pytest.mark.parametrize("where", ["status", "headers", "body"])
def test_a_server_that_drips_is_cut_off_in_time(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then keeps a socket's own time-out from ever coming."""
    before = {
        "status": b"",
        "headers": b"HTTP/1.1 200 OK\r\nX-A: ",
        "body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
    }
    with dripping(before[where]) as place:
        monkeypatch.setenv("CONSILIUM_INSIDE_ENDPOINTS", place)
        started = time.monotonic()
        with pytest.raises(AdapterError) as caught:
            safe_http.post_json(f"http://{place}/", {}, seconds=0.4)
    assert (caught.value.failure, caught.value.retryable) == ("timed_out", True)
    assert time.monotonic() - started < 2


def test_a_certificate_must_be_for_the_name_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as server:
        chain = certified("localhost", tmp_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        named, by_number = (f"{host}:{server.server_port}" for host in ("localhost", "127.0.0.1"))
        monkeypatch.setenv("CONSILIUM_INSIDE_ENDPOINTS", f"{named},{by_number}")
        with pytest.raises(AdapterError, match="self-signed"):
            safe_http.post_json(f"https://{named}/", {})
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        assert safe_http.post_json(f"https://{named}/", {}).status == 200
        with pytest.raises(AdapterError, match=r"certificate is not valid for '127\.0\.0\.1'"):
            safe_http.post_json(f"https://{by_number}/", {})


def certified(name: str, folder: Path) -> Path:
    """A key and a certificate for ``name`` that nobody else has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    path = folder / "chain.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.sign(key, SHA256()).public_bytes(Encoding.PEM) + secret)
    return path


class dripping:  # noqa: N801  (reads as a verb)
    """A server that sends ``before`` and then one byte every 50 ms."""

    def __init__(self, before: bytes) -> None:
        self.before, self.over = before, threading.Event()

    def __enter__(self) -> str:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()
        return f"127.0.0.1:{self.listening.getsockname()[1]}"

    def _serve(self) -> None:
        sock, _ = self.listening.accept()
        with sock:
            sock.recv(65536)
            sock.sendall(self.before)
            while not self.over.wait(0.05):
                try:
                    sock.sendall(b"1")
                except OSError:
                    return

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()
        self.listening.close()
