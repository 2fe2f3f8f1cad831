"""HTTP to addresses that people typed in: never to the inside of the network, unless allowed.

The name is resolved once, every address it has must be public, and the connection goes to that
very address, so that a second look-up cannot lead elsewhere. No redirects, no proxies. Servers of
one's own network are named by the operator: ``CONSILIUM_INSIDE_ENDPOINTS=gpu1:8000,10.0.0.5:443``.
"""

import http.client
import ipaddress
import json
import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from workers.adapters.base import AdapterError

MOST_BYTES = 16 * 2**20
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class EndpointError(AdapterError):
    """An address that may not be called."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, failure="rejected_by_policy")


@dataclass(frozen=True)
class Endpoint:
    secure: bool
    host: str
    port: int
    address: str
    path: str


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str]


def endpoint(url: str) -> Endpoint:
    """Where ``url`` leads, checked and resolved; raises ``EndpointError``."""
    host, port, secure, path = _parts(url)
    inside = f"{host}:{port}" in inside_endpoints()
    if not inside and not secure:
        raise EndpointError(f"{host}: only https is allowed outside this installation.")
    if not inside and port != 443:
        raise EndpointError(f"{host}:{port} is not among the allowed endpoints.")
    return Endpoint(secure, host, port, _address(host, port, inside), path)


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
    place = endpoint(url)
    connection = _Pinned(place, seconds)
    try:
        sent = {"Content-Type": "application/json", **(headers or {})}
        connection.request("POST", place.path, json.dumps(payload), sent)
        answer = connection.getresponse()
        body = answer.read(MOST_BYTES + 1)
    except TimeoutError as error:
        problem = f"{place.host} did not answer within {seconds:.0f} seconds."
        raise AdapterError(problem, failure="timed_out", retryable=True) from error
    except (OSError, http.client.HTTPException) as error:
        raise AdapterError(f"{place.host} cannot be reached: {error}", retryable=True) from error
    finally:
        connection.close()
    if len(body) > MOST_BYTES:
        raise AdapterError(f"{place.host} sent too much.", failure="invalid_output")
    return Reply(answer.status, body, {key.lower(): value for key, value in answer.getheaders()})


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was checked, under the name that was asked for."""

    def __init__(self, place: Endpoint, seconds: float) -> None:
        super().__init__(place.host, place.port, timeout=seconds)
        self._place = place

    def connect(self) -> None:
        self.sock = socket.create_connection((self._place.address, self._place.port), self.timeout)
        if self._place.secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self._place.host)


def _parts(url: str) -> tuple[str, int, bool, str]:
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


def _address(host: str, port: int, inside: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AdapterError(f"{host} cannot be found.", retryable=True) from error
    addresses = [str(place[4][0]) for place in found]
    if not inside and not all(_public(address) for address in addresses):
        raise EndpointError(f"{host} leads into a private network.")
    return addresses[0]


def _public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        within = ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64:
            within = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if within is not None:
            return _public(str(within))
        if ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast
