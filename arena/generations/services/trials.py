"""Asking a system one case before it is registered: a worker really asks, nothing is counted."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from arena.accounts.models import User
from arena.core.audit import audit_record
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.core.queue import TaskName, enqueue
from arena.core.vault import sealed, unsealed
from arena.generations.adapter_info import config_checked, decoding_refuse
from arena.generations.adapters import adapter_info, resource_for
from arena.generations.leak_filter import maker_named, model_names, texts_of
from arena.generations.models import Generation, SystemSecret, SystemVersion, Trial
from arena.generations.services.answers import InvalidOutputError, output_checked
from arena.generations.services.endpoints import address_of
from arena.generations.services.secrets import secret_of
from arena.generations.services.storable import as_it_came, noted, text_storable
from arena.generations.services.systems import keys_refuse, outside_refuse, settings_frozen
from arena.studies.formats import case_facts
from arena.studies.models import CaseVersion, Study
from arena.studies.selectors import protocol_current
from evaluation.kinds import CaseFacts, kind_for

KEPT = timedelta(days=1)
PATIENCE = timedelta(seconds=5)
Status = Trial.Status


def trial_request(
    *,
    by: User,
    adapter: str,
    config: Mapping[str, Any],
    prompt: str = "",
    decoding: Mapping[str, Any] | None = None,
    revision: str = "",
    key: str = "",
    system_slug: str = "",
    study: Study | None = None,
    case_version: CaseVersion | None = None,
    text: str = "",
    output_kind: str = "",
) -> Trial:
    """Put one case to a system that need not be registered.

    The case is one of ``study``, or a ``text`` to be answered with ``output_kind``. ``key`` is
    the server's; empty: the one that is stored for ``system_slug``, where ``by`` owns it.
    """
    info = adapter_info(adapter)
    if not info.resource:
        raise UserError(f"{info.title}: nothing has to be asked, so there is nothing to try.")
    decoding_refuse(info, decoding or {})
    settled, parent = settings_frozen(adapter=adapter, config=config_checked(info, config), by=by)
    keys_refuse(by=by, config=settled, parent=parent)
    asked = parent.asked if parent else SystemVersion(adapter=adapter, config=settled)
    if study is not None:
        outside_refuse(study=study, config=asked.config)
        output_kind = protocol_current(study=study).output_kind
    if (study is None) != (case_version is None) or not (case_version or text.strip()):
        raise UserError("There is no case to try it on: choose one, or write a text.")
    if case_version is not None and case_version.case.study != study:
        raise UserError("The case is one of another study.")
    with write_txn():
        trial = Trial.objects.create(
            by=by,
            study=study,
            case_version=case_version,
            text=text,
            output_kind=output_kind,
            resource=resource_for(asked.adapter, asked.config),
            adapter=adapter,
            parent=parent,
            revision=revision,
            config=settled,
            prompt=prompt,
            decoding=dict(decoding or {}),
            sealed=sealed(key) if key else _stored(by, parent, system_slug, settled),
        )
        audit_record(actor=by, action="system:try", target=adapter, detail=_told(trial))
        trial_ring(trial=trial)
    return trial


def generation_rerun(*, generation: Generation, by: User) -> Trial:
    """Ask the same version for the same case once more, beside the answer that stands.

    What comes back is for coordinators to compare: it is never voted on and replaces nothing.
    """
    study, version = generation.study_system.study, generation.study_system.version
    if not adapter_info(version.asked.adapter).resource:
        raise UserError(f"{version} was computed elsewhere: it cannot be asked again.")
    outside_refuse(study=study, config=version.asked.config)
    secret = secret_of(version=version.asked)
    with write_txn():
        trial = Trial.objects.create(
            by=by,
            study=study,
            case_version=generation.case_version,
            again=generation,
            output_kind=protocol_current(study=study).output_kind,
            resource=resource_for(version.asked.adapter, version.asked.config),
            adapter=version.adapter,
            parent=version.parent,
            revision=version.revision,
            config=version.config,
            prompt=version.prompt,
            decoding=version.decoding,
            sealed=sealed(secret) if secret else "",
        )
        detail = {"generation": generation.pk, "system": generation.study_system.label}
        audit_record(actor=by, action="generation:rerun", target=study.slug, detail=detail)
        trial_ring(trial=trial)
    return trial


def trial_ring(*, trial: Trial) -> None:
    enqueue(TaskName.TRY_SYSTEM, queue=trial.resource, trial_id=trial.pk)


def trial_look(*, trial: Trial) -> Trial:
    """The trial as it is now; a bell that was lost is rung again, a dead worker's given up."""
    now = timezone.now()
    limit = timedelta(seconds=float(trial.config.get("time_limit") or 600) + 120)
    if trial.status == Status.WAITING and now - trial.created_at > PATIENCE:
        trial_ring(trial=trial)
    if trial.status == Status.RUNNING and trial.started_at and now - trial.started_at > limit:
        trial_fail(trial=trial, failure="crashed", error="The worker stopped while it was asking.")
        trial.refresh_from_db()
    return trial


def trial_claim(*, trial_id: int) -> Trial | None:
    """The trial, for the one worker that may ask it; ``None`` where another was first."""
    with write_txn():
        waiting = Trial.objects.filter(pk=trial_id, status=Status.WAITING)
        if not waiting.update(status=Status.RUNNING, started_at=timezone.now()):
            return None
    whole = Trial.objects.select_related(
        "study", "case_version", "again__study_system__study", "again__study_system__version"
    )
    return whole.get(pk=trial_id)


def trial_key(*, trial: Trial) -> str:
    """The key to ask with, for the worker; empty where there is none."""
    return unsealed(trial.sealed) if trial.sealed else ""


def trial_fill(*, trial: Trial, registered: Mapping[str, Any]) -> dict[str, Any]:
    """What ``system_register`` takes, its blanks filled from a trial of the same model.

    The revision is pinned to what answered, the card takes over what the model's own says, and
    the key that was typed for the trial is kept.
    """
    filled = dict(registered)
    places = ("model", "base_url")
    config = config_checked(adapter_info(trial.adapter), filled["config"])
    alike = all(config.get(place) == trial.config.get(place) for place in places)
    if filled["adapter"] != trial.adapter or not alike:
        return filled
    for name in ("revision", "licence", "intended_use", "description"):
        filled[name] = filled.get(name) or trial.facts.get(name, "")
    if filled["revision"] == trial.revision:  # a tag or a branch may move: what answered is pinned
        filled["revision"] = trial.facts.get("revision") or trial.revision
    if trial.sealed and not trial.parent_id and not filled.get("key"):  # its parent has the key
        filled["key"] = trial_key(trial=trial)
    return {**filled, "facts": trial.facts}


def trial_complete(
    *,
    trial: Trial,
    record: Any,
    provenance: Mapping[str, Any],
    facts: Mapping[str, Any],
    files: Mapping[str, bytes] | None = None,
) -> None:
    """Keep the answer, or what is wrong with it, for whoever asked."""
    facts_known = case_facts(trial.case_version) if trial.case_version else CaseFacts(trial.text)
    known = {"provenance": noted(provenance), "facts": noted(facts)}
    try:
        kind = kind_for(trial.output_kind)
        valid, _ = output_checked(record, files, kind=kind, facts=facts_known)
    except InvalidOutputError as error:
        shown = {"faulty_record": as_it_came(record)}
        _end(trial, Status.FAILED, failure=error.failure, error=str(error), record=shown, **known)
        return
    own = model_names(str(trial.asked_config.get("model", "")))
    names = maker_named(texts_of(valid), names=own) is not None
    _end(trial, Status.ANSWERED, record=valid, names_its_maker=names, **known)


def trial_fail(
    *,
    trial: Trial,
    failure: str,
    error: str,
    provenance: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    known = {"provenance": noted(provenance or {}), "facts": noted(facts or {})}
    _end(trial, Status.FAILED, failure=failure, error=text_storable(error), **known)


def trials_forget() -> int:
    """Drop what is a day old, keys included. Returns how many."""
    old = Trial.objects.filter(again=None, created_at__lt=timezone.now() - KEPT)
    if not old.exists():
        return 0
    with write_txn():
        return old.delete()[0]


def _end(trial: Trial, status: Trial.Status, **columns: Any) -> None:
    with write_txn():
        running = Trial.objects.filter(pk=trial.pk, status=Status.RUNNING)
        running.update(status=status, finished_at=timezone.now(), **columns)


def _stored(by: User, parent: SystemVersion | None, slug: str, config: Mapping[str, Any]) -> str:
    """The sealed key of a system of theirs, for the very server that is asked."""
    if parent is not None:
        slug, config = parent.asked.system.slug, parent.asked.config
    held = SystemSecret.objects.filter(
        system__slug=slug, endpoint__address=address_of(str(config.get("base_url", "")))
    )
    if not by.is_superuser:
        held = held.filter(system__owner=by)
    found = held.first()
    return found.sealed if found else ""


def _told(trial: Trial) -> dict[str, Any]:
    return {
        "study": trial.study.slug if trial.study else "",
        "case": trial.case_version.case.key if trial.case_version else "",
        "endpoint": address_of(str(trial.asked_config.get("base_url", ""))),
    }
