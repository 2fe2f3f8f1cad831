"""HTTP to addresses that people typed in: never to the inside of the network, unless allowed.

The name is resolved once, every address it has must be public, and the connection goes to one of
those very addresses, so that a second look-up cannot lead elsewhere. No redirects, no proxies.
Servers of one's own network are named by the operator:
``CONSILIUM_INSIDE_ENDPOINTS=gpu1:8000,10.0.0.5:443``.

What comes back is held to a number of bytes and to one deadline for the whole exchange: a server
that sends a byte a second is cut off like one that sends nothing.
"""

import http.client
import io
import ipaddress
import json
import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from workers.adapters.base import AdapterError

MOST_BYTES = 16 * 2**20
PIECE = 64 * 1024
TRANSLATED = ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96")
"""IPv6 in front of IPv4: what they lead to is in their last 32 bits."""
NOT_PUBLIC = ("192.0.0.0/24", "192.88.99.0/24", "fec0::/10", "100::/64")
"""What ``is_global`` lets pass though nobody's server is there."""


class EndpointError(AdapterError):
    """An address that may not be called."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, failure="rejected_by_policy")


@dataclass(frozen=True)
class Endpoint:
    secure: bool
    host: str
    port: int
    addresses: tuple[str, ...]
    path: str


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Stream:
    """An answer that is still arriving."""

    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes]

    def whole(self) -> Reply:
        return Reply(self.status, b"".join(self.pieces), self.headers)


def endpoint(url: str) -> Endpoint:
    """Where ``url`` leads, checked and resolved; raises ``EndpointError``."""
    host, port, secure, path = _parts(url)
    inside = f"{host}:{port}" in inside_endpoints()
    if not inside and not secure:
        raise EndpointError(f"{host}: only https is allowed outside this installation.")
    if not inside and port != 443:
        raise EndpointError(f"{host}:{port} is not among the allowed endpoints.")
    return Endpoint(secure, host, port, _addresses(host, port, inside), path)


def inside_endpoints() -> set[str]:
    """``host:port`` of the servers the operator vouches for."""
    return {
        word.strip().lower()
        for word in os.environ.get("CONSILIUM_INSIDE_ENDPOINTS", "").split(",")
        if word.strip()
    }


def post_json(
    url: str, payload: Any, *, headers: Mapping[str, str] | None = None, seconds: float = 120
) -> Reply:
    """POST ``payload``; raises ``AdapterError`` (retryable) where nothing comes back."""
    with post_stream(url, payload, headers=headers, seconds=seconds) as stream:
        return stream.whole()


@contextmanager
def post_stream(
    url: str, payload: Any, *, headers: Mapping[str, str] | None = None, seconds: float = 120
) -> Iterator[Stream]:
    """POST ``payload`` and read the answer while it arrives, all of it within ``seconds``."""
    place = endpoint(url)
    connection = _Pinned(place, monotonic() + seconds)
    try:
        sent = {"Content-Type": "application/json", **(headers or {})}
        connection.request("POST", place.path, json.dumps(payload), sent)
        answer = connection.getresponse()
        known = {key.lower(): value for key, value in answer.getheaders()}
        yield Stream(answer.status, known, _pieces(answer, place.host))
    except TimeoutError as error:
        problem = f"{place.host} did not answer within {seconds:.0f} seconds."
        raise AdapterError(problem, failure="timed_out", retryable=True) from error
    except (OSError, http.client.HTTPException) as error:
        problem = f"{place.host} cannot be reached: {error or type(error).__name__}"
        raise AdapterError(problem, retryable=True) from error
    finally:
        connection.close()


def _pieces(answer: http.client.HTTPResponse, host: str) -> Iterator[bytes]:
    total = 0
    while piece := answer.read1(PIECE):
        total += len(piece)
        if total > MOST_BYTES:
            raise AdapterError(f"{host} sent too much.", failure="invalid_output")
        yield piece


class _Timed(io.RawIOBase):
    """Reads from a socket until the deadline, however little arrives at a time."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        self._sock, self._ends = sock, ends
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_left(self._ends))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """One deadline for status line, headers and body."""

    def __init__(self, sock: Any, *args: Any, ends: float, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Timed(sock, ends))


class _Pinned(http.client.HTTPConnection):
    """Connects to an address that was checked, under the name that was asked for."""

    def __init__(self, place: Endpoint, ends: float) -> None:
        super().__init__(place.host, place.port, timeout=_left(ends))
        self._place, self._ends = place, ends
        self.default_port = 443 if place.secure else 80
        self.response_class = partial(_Response, ends=ends)  # type: ignore[assignment]

    def connect(self) -> None:
        sock = self._connected()
        if self._place.secure:
            context = ssl.create_default_context()
            sock = context.wrap_socket(sock, server_hostname=self._place.host)
        self.sock = sock

    def _connected(self) -> socket.socket:
        """The first of the addresses that takes the connection."""
        *others, last = self._place.addresses
        for address in others:
            try:
                return self._try(address)
            except OSError:
                continue
        return self._try(last)

    def _try(self, address: str) -> socket.socket:
        return socket.create_connection((address, self._place.port), _left(self._ends))


def _left(ends: float) -> float:
    left = ends - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _parts(url: str) -> tuple[str, int, bool, str]:
    if any(sign.isspace() or not sign.isprintable() or sign == "\\" for sign in url):
        raise EndpointError(f"{url!r} has blanks or backslashes: write a plain address.")
    try:
        found = urlsplit(url)
        port = found.port
    except ValueError as error:
        raise EndpointError(f"{url!r} is not an address.") from error
    if found.scheme not in {"http", "https"} or not found.hostname:
        raise EndpointError(f"{url!r} must begin with https:// and name a host.")
    if "@" in found.netloc or not found.netloc.isascii():
        raise EndpointError(f"{found.hostname!r}: write a plain host name, without user or signs.")
    secure = found.scheme == "https"
    path = (found.path or "/") + (f"?{found.query}" if found.query else "")
    return found.hostname.lower(), port or (443 if secure else 80), secure, path


def _addresses(host: str, port: int, inside: bool) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AdapterError(f"{host} cannot be found.", retryable=True) from error
    addresses = tuple(dict.fromkeys(str(place[4][0]) for place in found))
    if not inside and not all(_public(address) for address in addresses):
        raise EndpointError(f"{host} leads into a private network.")
    return addresses


def _public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        within = ip.ipv4_mapped or ip.sixtofour
        if _among(ip, TRANSLATED):
            within = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if within is not None:
            return _public(str(within))
        if ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast and not _among(ip, NOT_PUBLIC)


def _among(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, networks: tuple[str, ...]) -> bool:
    return any(ip in ipaddress.ip_network(network) for network in networks)
