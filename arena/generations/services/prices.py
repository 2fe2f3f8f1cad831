"""What answers cost: prices by day, and the sum for one answer from what it took."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from arena.accounts.models import User
from arena.core.audit import audit_record
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.generations.models import Endpoint, Generation, Price, System, SystemVersion

AMOUNTS = (
    "per_million_in", "per_million_out", "per_million_cached", "per_million_thinking",
    "per_request", "per_gpu_hour",
)  # fmt: skip
MILLION, HOUR = Decimal(1_000_000), Decimal(3600)
PLACES = Decimal("0.00000001")
MOST = Decimal(10_000)
"""For one answer. What a server tells may be any number, and no column holds all of them."""
CURRENCY = re.compile(r"[A-Z]{3}")


def price_set(
    *,
    by: User | None,
    currency: str,
    from_day: date,
    amounts: Mapping[str, Decimal | None],
    system: System | None = None,
    endpoint: Endpoint | None = None,
) -> Price:
    """Another price from a day on, of a system or of a server; ``by`` is empty in a shell.

    Answers that were paid for keep what they cost.
    """
    _may_set(by, system)
    currency = currency.strip().upper()
    if not CURRENCY.fullmatch(currency):
        raise UserError("A currency is three letters, as in EUR.")
    given = {name: amounts.get(name) for name in AMOUNTS}
    if all(amount is None for amount in given.values()):
        raise UserError("Give at least one amount; 0 where asking is free.")
    price = Price(
        system=system, endpoint=endpoint, currency=currency, from_day=from_day, set_by=by, **given
    )
    try:
        price.full_clean()
    except ValidationError as error:
        raise UserError(" ".join(error.messages)) from error
    with write_txn():
        price.save()
        told = {name: str(amount) for name, amount in given.items() if amount is not None}
        detail = {"currency": currency, "from": from_day.isoformat(), **told}
        audit_record(actor=by or "system", action="price:set", target=system or endpoint,
                     detail=detail)  # fmt: skip
    return price


def price_of(*, version: SystemVersion, day: date) -> Price | None:
    """The price that holds on a day: a system's own before its server's, the latest first.

    A variant without a price of its own costs what the version underneath costs.
    """
    asked = version.asked
    held = Q(system__in={version.system_id, asked.system_id})
    if asked.endpoint_id is not None:  # else it would be every price that is of no server
        held |= Q(endpoint=asked.endpoint_id)
    order = {version.system_id: 0, asked.system_id: 1} if asked != version else {}
    found = Price.objects.filter(held, from_day__lte=day)
    ranked = sorted(found, key=lambda price: (
        order.get(price.system_id, 0) if price.system_id else 2,
        -price.from_day.toordinal(),
        -price.pk,
    ))  # fmt: skip
    return ranked[0] if ranked else None


def cost_columns(row: Generation, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that say what a row has cost, this attempt included; none where nobody knows.

    Sums in two currencies are none: where it changed between attempts, the last one stands.
    """
    price = price_of(version=row.study_system.version, day=timezone.now().date())
    cost = None if price is None else amount_of(price, provenance)
    if price is None or cost is None:
        return {}
    before = row.cost if row.cost is not None and row.cost_currency == price.currency else 0
    whole = before + cost
    return {"cost": whole, "cost_currency": price.currency} if whole <= MOST else {}


def amount_of(price: Price, known: Mapping[str, Any]) -> Decimal | None:
    """What one attempt cost; ``None`` where the price counts something that was not told."""
    requests = _number(known.get("requests", 1))
    if requests == 0:
        return Decimal(0)
    seconds = _number(known.get("device_seconds", known.get("seconds")))
    charged = [
        *_tokens(price, known),
        (price.per_request, requests),
        (price.per_gpu_hour, None if seconds is None else seconds / HOUR),
    ]
    wanted = [(amount, count) for amount, count in charged if amount is not None]
    if any(count is None for _, count in wanted):
        return None
    return sum((amount * (count or 0) for amount, count in wanted), Decimal(0)).quantize(PLACES)


def _tokens(
    price: Price, known: Mapping[str, Any]
) -> list[tuple[Decimal | None, Decimal | None]]:  # fmt: skip
    """Amount and millions of tokens; what is charged apart does not count twice."""
    into, out = (_number(known.get(name)) for name in ("tokens_in", "tokens_out"))
    cached = _apart(price.per_million_cached, known.get("tokens_cached"), into)
    thinking = _apart(price.per_million_thinking, known.get("tokens_thinking"), out)
    counts = [
        (price.per_million_in, None if into is None else into - cached),
        (price.per_million_cached, cached),
        (price.per_million_out, None if out is None else out - thinking),
        (price.per_million_thinking, thinking),
    ]
    return [(amount, None if n is None else n / MILLION) for amount, n in counts]


def _apart(amount: Decimal | None, told: Any, whole: Decimal | None) -> Decimal:
    """Tokens with a price of their own; never more than there are altogether."""
    if amount is None:
        return Decimal(0)
    number = _number(told) or Decimal(0)
    return number if whole is None else min(number, whole)


def _number(told: Any) -> Decimal | None:
    """What a server told may be anything."""
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told < 10**12:
        return None
    return Decimal(str(told))


def _may_set(by: User | None, system: System | None) -> None:
    if by is None or by.is_superuser:
        return
    if system is None or system.owner_id != by.pk:
        raise UserError("Prices are entered by the owner of a system; those of servers by admins.")
