"""Variants: a registered version under a strategy, with all it was registered with frozen in it."""

from typing import Any

from arena.accounts.models import User
from arena.core.errors import UserError
from arena.generations.access import systems_askable
from arena.generations.adapter_info import meant
from arena.generations.adapters import CATALOGUE, adapter_info
from arena.generations.models import SystemVersion

VARIANT = "variant"
FROZEN = ("adapter", "config", "revision", "prompt", "decoding", "digest")


def version_named(*, name: str, by: User) -> SystemVersion:
    """``slug@2``, or ``slug`` for its newest version, among the systems ``by`` may ask.

    Raises ``UserError`` where there is none.
    """
    slug, _, number = name.strip().partition("@")
    seen = SystemVersion.objects.filter(system__in=systems_askable(by), system__slug=slug)
    if number.isdecimal():
        seen = seen.filter(number=int(number))
    found = seen.order_by("-number").first() if not number or number.isdecimal() else None
    if found is None:
        near = meant(slug, [str(version.system.slug) for version in versions_askable(by)])
        problem = f"There is no system {name!r}: write its short name, as in gemma-27b@2.{near}"
        raise UserError(problem)
    if not adapter_info(found.asked.adapter).resource:
        raise UserError(f"{found} was computed elsewhere, so it cannot be asked in another way.")
    return found


def versions_askable(by: User) -> list[SystemVersion]:
    """The newest version of each system that ``by`` may ask in another way, by name.

    An adapter of another package may be installed no longer: what it answered is kept.
    """
    seen = SystemVersion.objects.filter(system__in=systems_askable(by)).select_related("system")
    newest = {version.system_id: version for version in seen.order_by("number")}
    found = ((each, CATALOGUE.get(each.asked.adapter)) for each in newest.values())
    asked = [each for each, info in found if info is not None and info.resource]
    return sorted(asked, key=lambda version: version.system.name.casefold())


def frozen(parent: SystemVersion) -> dict[str, Any]:
    """Everything that may change what ``parent`` answers, as a variant's settings carry it."""
    return {"system": str(parent), **{name: getattr(parent, name) for name in FROZEN}}
