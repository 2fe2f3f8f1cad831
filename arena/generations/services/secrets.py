"""Keys of model servers: set and taken away by whoever owns the system, read by workers alone.

A key is bound to the server it was entered for. A version of the system that is asked elsewhere
does not get it, so a changed address cannot carry a key away.
"""

from typing import NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from arena.accounts.models import User
from arena.accounts.second_factor import factors_reseal
from arena.core.audit import audit_record
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.core.vault import resealed, sealed, unsealed
from arena.generations.models import SystemSecret, SystemVersion

LONGEST = 4096


def secret_set(*, version: SystemVersion, by: User, secret: str) -> None:
    """Keep ``secret`` for the server that ``version`` is asked at, in place of an earlier one."""
    _may_set(version, by)
    if version.endpoint is None:
        raise UserError(f"{version.adapter} is asked at no server, so it takes no key.")
    secret = secret.strip()
    if not secret or len(secret) > LONGEST or not secret.isascii() or not secret.isprintable():
        raise UserError("A key is one line of letters, digits and signs without blanks around it.")
    with write_txn():
        SystemSecret.objects.update_or_create(
            system=version.system,
            endpoint=version.endpoint,
            defaults={"sealed": sealed(secret), "set_by": by, "set_at": timezone.now()},
        )
        _audit(by, "system:set-key", version)


def secret_remove(*, version: SystemVersion, by: User) -> bool:
    """Forget the key; false where there was none."""
    _may_set(version, by)
    with write_txn():
        gone, _ = _held(version).delete()
        if gone:
            _audit(by, "system:remove-key", version)
    return bool(gone)


def secret_of(*, version: SystemVersion) -> str:
    """The key to ask ``version`` with, for a worker; empty where there is none."""
    held = _held(version).first() if version.endpoint_id else None
    return unsealed(held.sealed) if held else ""


class Rotation(NamedTuple):
    """What became of the stored keys when they were sealed anew."""

    resealed: int
    unreadable: list[str]
    """Those whose vault key is gone, by name; they have to be entered again."""


def secrets_rotate() -> Rotation:
    """Seal every stored key, and every second factor, with the newest vault key."""
    done, unreadable = factors_reseal()
    for held in SystemSecret.objects.select_related("system", "endpoint"):
        try:
            fresh = resealed(held.sealed)
        except UserError:
            unreadable.append(str(held))
            continue
        # A key set anew in this moment is under the newest vault key already.
        done += SystemSecret.objects.filter(pk=held.pk, sealed=held.sealed).update(sealed=fresh)
    audit_record(actor="system", action="secrets:rotate", target="vault", detail={"rows": done})
    return Rotation(done, unreadable)


def _held(version: SystemVersion) -> QuerySet[SystemSecret]:
    return SystemSecret.objects.filter(system=version.system_id, endpoint=version.endpoint_id)


def _may_set(version: SystemVersion, by: User) -> None:
    if version.system.owner_id != by.pk and not by.is_superuser:
        raise UserError(f"The key of {version.system.name} is set by its owner.")


def _audit(by: User, action: str, version: SystemVersion) -> None:
    audit_record(actor=by, action=action, target=version, detail={"for": str(version.endpoint)})
