"""Registering systems and letting them take part in a study."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db.models import Max
from django.utils import timezone

from arena.accounts.models import User
from arena.core.audit import audit_record
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.generations.adapter_info import config_checked, decoding_refuse
from arena.generations.adapters import adapter_info, info_fits
from arena.generations.models import Generation, StudySystem, System, SystemVersion
from arena.generations.services.endpoints import address_of, endpoint_for
from arena.generations.services.secrets import secret_set
from arena.generations.services.variants import VARIANT, frozen, version_named
from arena.studies.models import Study
from arena.studies.selectors import protocol_current

CARD = ("description", "intended_use", "licence", "homepage")


def system_register(
    *,
    slug: str,
    by: User,
    adapter: str,
    name: str = "",
    maker: str = "",
    aliases: Sequence[str] = (),
    config: Mapping[str, Any] | None = None,
    prompt: str = "",
    decoding: Mapping[str, Any] | None = None,
    revision: str = "",
    key: str = "",
    facts: Mapping[str, Any] | None = None,
    **card: str,
) -> SystemVersion:
    """The version of ``slug`` with exactly these settings: an earlier equal one, or a new one.

    ``key`` is kept sealed for the server that the version is asked at; ``facts`` is what the
    model's own files tell of it.
    """
    info = adapter_info(adapter)
    checked = config_checked(info, config or {})
    decoding_refuse(info, decoding or {})
    settled, parent = settings_frozen(adapter=adapter, config=checked, by=by)
    wanted: dict[str, Any] = {
        "adapter": adapter,
        "revision": revision,
        "config": settled,
        "prompt": prompt,
        "decoding": dict(decoding or {}),
    }
    keys_refuse(by=by, config=settled, parent=parent)
    described = {"name": name or slug, "maker": maker, "aliases": list(aliases), **_card(card)}
    with write_txn():
        system = _system(slug, by, described)
        version = _version(system, wanted, parent, facts or {})
        if key:
            secret_set(version=version, by=by, secret=key)
        audit_record(
            actor=by, action="system:register", target=version, detail={"adapter": adapter}
        )
    return version


def study_system_add(
    *, study: Study, version: SystemVersion, by: User, label: str | None = None
) -> StudySystem:
    """Let a version take part; one that was withdrawn comes back under its old label."""
    protocol = protocol_current(study=study)
    info = adapter_info(version.asked.adapter)
    if not info_fits(info, protocol.input_kind, protocol.output_kind):
        raise UserError(
            f"{version.system.name} ({info.name}) does not answer {protocol.input_kind} "
            f"with {protocol.output_kind}, which “{study.title}” asks for."
        )
    outside_refuse(study=study, config=version.asked.config)
    keys_refuse(by=by, config=version.config, parent=version.parent)
    _owners_key_refuse(by=by, version=version)
    with write_txn():
        held = StudySystem.objects.filter(study=study, version=version).first()
        if held is None:
            held = StudySystem(study=study, version=version, label=_label(study, version, label))
        held.withdrawn_at = None
        held.save()
        audit_record(actor=by, action="study:add-system", target=study.slug, detail=held.label)
    return held


def study_system_withdraw(*, study_system: StudySystem, by: User) -> None:
    """Ask it nothing more; what it answered and the votes on it stay."""
    with write_txn():
        study_system.withdrawn_at = timezone.now()
        study_system.save(update_fields=["withdrawn_at"])
        study_system.generations.filter(status=Generation.Status.QUEUED).update(
            status=Generation.Status.CANCELLED, finished_at=timezone.now()
        )
        audit_record(
            actor=by,
            action="study:withdraw-system",
            target=study_system.study.slug,
            detail=study_system.label,
        )


def outside_refuse(*, study: Study, config: Mapping[str, Any]) -> None:
    """Raises ``UserError`` where case content would leave this installation and may not."""
    address = address_of(str(config.get("base_url", "")))
    if study.outside_endpoints_allowed or not address:
        return
    if address not in settings.INSIDE_ENDPOINTS:
        raise UserError(
            f"“{study.title}” does not allow its cases to be sent to {address}: allow outside "
            "endpoints in the study's settings, or have the operator list it in "
            "CONSILIUM_INSIDE_ENDPOINTS if it is a server of your own."
        )


def settings_frozen(
    *, adapter: str, config: dict[str, Any], by: User
) -> tuple[dict[str, Any], SystemVersion | None]:
    """The settings with, for a variant, all of the version underneath in them; and that version."""
    if adapter != VARIANT:
        return config, None
    parent = version_named(name=str(config["of"]), by=by)
    return {**config, "of": frozen(parent)}, parent


def keys_refuse(*, by: User, config: Mapping[str, Any], parent: SystemVersion | None) -> None:
    """A variant is asked with the keys of the version underneath."""
    _operators_key_refuse(by=by, config=parent.asked.config if parent else config)
    if parent:
        _owners_key_refuse(by=by, version=parent.asked)


def _operators_key_refuse(*, by: User, config: Mapping[str, Any]) -> None:
    """Everybody with an account may set up a study; the operator's keys cost the operator."""
    if config.get("key_variable") and not by.is_superuser:
        raise UserError(
            f"{config['key_variable']} is a key of whoever runs this installation: ask an admin to "
            "register the system and to add it to studies."
        )


def _owners_key_refuse(*, by: User, version: SystemVersion) -> None:
    """A stored key costs whoever entered it."""
    owner = version.system.owner_id
    keyed = version.system.secrets.filter(endpoint=version.endpoint_id).exists()
    if keyed and by.pk != owner and not by.is_superuser:
        raise UserError(
            f"{version.system.name} is asked with a key of its owner: ask them, or an admin, to "
            "add it to this study."
        )


def _card(card: dict[str, str]) -> dict[str, str]:
    unknown = sorted(set(card) - set(CARD))
    if unknown:
        raise UserError(f"A system card has no {unknown[0]!r}; it has: {', '.join(CARD)}.")
    return card


def _system(slug: str, by: User, described: dict[str, Any]) -> System:
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise UserError(
            f"{slug!r} cannot be a system's short name: use letters, digits and hyphens."
        ) from error
    system = System.objects.filter(slug=slug).first() or System(slug=slug, owner=by)
    if system.owner_id != by.pk and not by.is_superuser:
        raise UserError(f"There is a system {slug!r} of somebody else: choose another name.")
    for key, value in described.items():
        if system.pk is None or value not in ("", [], slug):
            setattr(system, key, value)
    system.save()
    return system


def _version(
    system: System,
    wanted: dict[str, Any],
    parent: SystemVersion | None,
    facts: Mapping[str, Any],
) -> SystemVersion:
    digest = digest_of(wanted)
    version = system.versions.filter(digest=digest).first()
    if version is None:
        newest = system.versions.aggregate(newest=Max("number"))["newest"] or 0
        base_url = str(wanted["config"].get("base_url", ""))
        endpoint = parent.endpoint if parent else endpoint_for(url=base_url)
        settled = {**wanted, "digest": digest, "endpoint": endpoint, "parent": parent}
        settled["facts"] = dict(facts)
        version = system.versions.create(number=newest + 1, **settled)
    return version


def _label(study: Study, version: SystemVersion, label: str | None) -> str:
    wanted = label or version.system.name
    taken = StudySystem.objects.filter(study=study, label=wanted).exists()
    if taken and label:
        raise UserError(f"“{study.title}” already has a system under the label {label!r}.")
    return f"{wanted} (version {version.number})" if taken else wanted


def digest_of(value: Any) -> str:
    """SHA-256 of the value's canonical JSON; raises ``ValueError`` for NaN and lone surrogates."""
    text = json.dumps(
        value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()
