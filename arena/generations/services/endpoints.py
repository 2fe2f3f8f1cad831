"""How much a server may be asked: at once, per minute, and not at all while it wants a pause.

The limits are rows, so that all workers together keep to them. What is under way at a server is
counted from claimed rows: a worker that dies gives its share back with its leases.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.utils import timezone

from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.generations.models import Endpoint
from arena.generations.selectors import claimed_by_endpoint

BURST_SECONDS = 5.0
"""Requests are saved up for so long: no minute sees more than a twelfth above its limit."""


def address_of(url: str) -> str:
    """``host:port`` of an address, in lower case; empty where it names no host."""
    try:
        found = urlsplit(url)
        port = found.port or (443 if found.scheme == "https" else 80)
    except ValueError:
        return ""
    return f"{found.hostname}:{port}" if found.hostname else ""


def endpoint_for(*, url: str) -> Endpoint | None:
    """The row of the server that ``url`` leads to, made where it is new."""
    address = address_of(url)
    return Endpoint.objects.get_or_create(address=address)[0] if address else None


def endpoint_limit(
    *, address: str, most_at_once: int | None = None, per_minute: int | None = None
) -> Endpoint:
    """Set what a server may be asked; raises ``UserError`` for one that no system names."""
    found = Endpoint.objects.filter(address=address.lower()).first()
    if found is None:
        known = ", ".join(Endpoint.objects.values_list("address", flat=True)) or "none"
        raise UserError(f"No system is asked at {address!r}; there are: {known}.")
    if most_at_once is not None and most_at_once < 1:
        raise UserError("At least one case must be allowed at once; cancel generation instead.")
    found.most_at_once = found.most_at_once if most_at_once is None else most_at_once
    found.per_minute = found.per_minute if per_minute is None else per_minute
    found.save(update_fields=["most_at_once", "per_minute"])
    return found


def endpoints_closed() -> list[int]:
    """Ids of the servers that may not be asked anything now."""
    busy = claimed_by_endpoint()
    now = timezone.now()
    return [e.pk for e in Endpoint.objects.all() if _room(e, busy.get(e.pk, 0), now) < 1]


def endpoint_take(*, endpoint_id: int, most: int) -> int:
    """Book up to ``most`` requests and say how many; call it inside the claim's transaction.

    The row is locked, so that two workers never book the same room.
    """
    endpoint, now = Endpoint.objects.select_for_update().get(pk=endpoint_id), timezone.now()
    taken = min(most, _room(endpoint, claimed_by_endpoint().get(endpoint.pk, 0), now))
    if taken > 0 and endpoint.per_minute:
        endpoint.tokens, endpoint.filled_at = _tokens(endpoint, now) - taken, now
        endpoint.save(update_fields=["tokens", "filled_at"])
    return max(0, taken)


def endpoint_spend(*, endpoint_id: int, requests: int) -> None:
    """Book requests that were made beyond the one that was foreseen (turns, tools)."""
    with write_txn():
        endpoint, now = Endpoint.objects.select_for_update().get(pk=endpoint_id), timezone.now()
        if endpoint.per_minute:
            endpoint.tokens, endpoint.filled_at = _tokens(endpoint, now) - requests, now
            endpoint.save(update_fields=["tokens", "filled_at"])


def endpoint_pause(*, endpoint_id: int, seconds: float, trouble: str) -> None:
    """Leave a server alone for as long as it asked, whichever worker it told."""
    until = timezone.now() + timedelta(seconds=seconds)
    with write_txn():
        endpoint = Endpoint.objects.select_for_update().get(pk=endpoint_id)
        endpoint.paused_until = max(until, endpoint.paused_until or until)
        endpoint.last_trouble = trouble[:300]
        endpoint.save(update_fields=["paused_until", "last_trouble"])


def _room(endpoint: Endpoint, under_way: int, now: datetime) -> int:
    if endpoint.paused_until and endpoint.paused_until > now:
        return 0
    room = endpoint.most_at_once - under_way
    return min(room, int(_tokens(endpoint, now))) if endpoint.per_minute else room


def _tokens(endpoint: Endpoint, now: datetime) -> float:
    """Requests saved up by now; what was overspent has to be earned first."""
    per_second = endpoint.per_minute / 60
    earned = max(0.0, (now - endpoint.filled_at).total_seconds()) * per_second
    return min(endpoint.tokens + earned, max(1.0, BURST_SECONDS * per_second))
