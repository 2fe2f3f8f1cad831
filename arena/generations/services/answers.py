"""Ending a generation: with a valid record, or with the class of its failure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.utils import timezone

from arena.core.db import write_txn
from arena.core.errors import RowError
from arena.generations.leak_filter import maker_named, model_names, texts_of
from arena.generations.models import Generation, OutputFile
from arena.generations.services.endpoints import endpoint_pause, endpoint_spend
from arena.generations.services.output_files import OutputFiles, files_saved
from arena.generations.services.prices import cost_columns
from arena.generations.services.queue import MOST_ATTEMPTS, UNOWNED, retry_at
from arena.generations.services.storable import excerpt, noted, text_storable
from arena.generations.services.systems import digest_of
from arena.studies.formats import case_facts
from arena.studies.new_case import NewAsset
from arena.studies.selectors import protocol_current
from evaluation.kinds import CaseFacts, OutputKind, RecordError, kind_for

Status, Failure = Generation.Status, Generation.Failure
MOST_RECORD_BYTES = 16 * 2**20
MOST_PAUSES = 200
"""A server that is busy for so long counts as one that does not answer."""


class InvalidOutputError(Exception):
    """A record that cannot be stored; carries the failure class and what is wrong with it."""

    def __init__(self, failure: Generation.Failure, problem: str) -> None:
        super().__init__(problem)
        self.failure = failure


def generation_complete(
    *,
    generation_id: int,
    owner: str,
    record: Any,
    provenance: Mapping[str, Any],
    files: Mapping[str, bytes] | None = None,
) -> bool:
    """Store an answer. A record that is not valid, or says nothing, ends it as a failure instead.

    ``files`` are those that the record names.

    False: the lease is no longer this owner's and nothing was stored.
    """
    row = Generation.objects.select_related(
        "study_system__version__system", "study_system__study", "case_version"
    ).get(pk=generation_id)
    _requests_spend(row, provenance)
    kind = kind_for(protocol_current(study=row.study_system.study).output_kind)
    try:
        facts = case_facts(row.case_version)
        valid, assets = output_checked(record, files, kind=kind, facts=facts)
    except InvalidOutputError as error:
        raw = {"faulty_record": excerpt(record)}
        return _end(row, owner, failed(error.failure, str(error)), {**provenance, **raw})
    return _end(row, owner, answered(row, valid), provenance, files_saved(row, assets))


def generation_fail(
    *,
    generation_id: int,
    owner: str,
    failure: str,
    error: str,
    retryable: bool,
    provenance: Mapping[str, Any] | None = None,
    retry_after: float | None = None,
) -> bool:
    """Note a failure: tried again later where that may help and attempts are left, else final.

    ``retry_after``: a busy server wants to be left alone for so many seconds. That pause is kept
    for all that is asked there, and being turned away is no attempt of this row.

    False: the lease is no longer this owner's and nothing was stored.
    """
    row = Generation.objects.select_related("study_system__version").get(pk=generation_id)
    known = provenance or {}
    _requests_spend(row, known)
    if retryable and retry_after is not None and row.provenance.get("pauses", 0) < MOST_PAUSES:
        return _pause(row, owner, error, retry_after)
    if not retryable or row.attempts >= MOST_ATTEMPTS:
        return _end(row, owner, failed(failure, error), known)
    again = {
        "status": Status.QUEUED,
        "error": text_storable(error),
        "not_before": retry_at(attempts=row.attempts, after=retry_after),
        **cost_columns(row, known),
    }
    return _update(row, owner, again)


def _pause(row: Generation, owner: str, error: str, seconds: float) -> bool:
    endpoint_id = row.study_system.version.endpoint_id
    if endpoint_id is not None:
        endpoint_pause(endpoint_id=endpoint_id, seconds=seconds, trouble=text_storable(error))
    pauses = row.provenance.get("pauses", 0) + 1
    again = {
        "status": Status.QUEUED,
        "error": text_storable(error),
        "attempts": max(0, row.attempts - 1),
        "not_before": retry_at(attempts=row.attempts, after=seconds),
        "provenance": {**row.provenance, "pauses": pauses},
    }
    return _update(row, owner, again)


def _requests_spend(row: Generation, provenance: Mapping[str, Any]) -> None:
    """A claim books one request; turns and tool calls took more."""
    told = provenance.get("requests", 1)
    more = told - 1 if type(told) is int else 0
    endpoint_id = row.study_system.version.endpoint_id
    if endpoint_id is not None and more > 0:
        endpoint_spend(endpoint_id=endpoint_id, requests=more)


def output_checked(
    record: Any, files: Mapping[str, bytes] | None, *, kind: OutputKind, facts: CaseFacts
) -> tuple[dict[str, Any], list[NewAsset]]:
    """The record in canonical form and its files made clean; raises ``InvalidOutputError``.

    A file the record does not name is refused, as an unknown field is: what a rater never sees
    must not be stored as judged.
    """
    beside = OutputFiles(files)
    try:
        beside.check_size()
        valid = record_checked(record, kind=kind, facts=replace(facts, files=beside))
        return valid, beside.named_in(valid)
    except RowError as error:
        raise InvalidOutputError(Failure.INVALID_OUTPUT, str(error)) from error


def record_checked(record: Any, *, kind: OutputKind, facts: CaseFacts) -> dict[str, Any]:
    """The record in its kind's canonical form; raises ``InvalidOutputError``."""
    try:
        valid = kind.validate(record, facts)
        size = len(repr(valid))
        digest_of(valid)
    except (RecordError, ValueError, TypeError, RecursionError) as error:
        raise InvalidOutputError(Failure.INVALID_OUTPUT, str(error)) from error
    if size > MOST_RECORD_BYTES:
        problem = f"is larger than {MOST_RECORD_BYTES // 2**20} MB"
        raise InvalidOutputError(Failure.INVALID_OUTPUT, f"The output {problem}.")
    if any("\0" in text for text in texts_of(valid)):
        raise InvalidOutputError(Failure.INVALID_OUTPUT, "The text contains a NUL character.")
    if kind.is_empty(valid):
        raise InvalidOutputError(Failure.EMPTY, "The system answered nothing.")
    return valid


def answered(row: Generation, record: dict[str, Any]) -> dict[str, Any]:
    """The columns of an answered generation."""
    system = row.study_system.version.system
    under = row.study_system.version.asked.system
    names = [n for s in (system, under) for n in (s.name, s.maker, *s.aliases)]
    names += model_names(str(row.study_system.version.asked.config.get("model", "")))
    return {
        "status": Status.SUCCEEDED,
        "record": record,
        "record_digest": digest_of(record),
        "names_its_maker": maker_named(texts_of(record), names=names) is not None,
        "failure": "",
        "error": "",
    }


def failed(failure: str, error: str) -> dict[str, Any]:
    known = failure if failure in Failure.values else Failure.CRASHED
    return {"status": Status.FAILED, "failure": known, "error": text_storable(error)}


def _end(
    row: Generation,
    owner: str,
    columns: dict[str, Any],
    provenance: Mapping[str, Any],
    files: Iterable[OutputFile] = (),
) -> bool:
    whole = {**row.provenance, **noted(provenance)}
    ended = {**columns, "provenance": whole, "finished_at": timezone.now()}
    ended |= cost_columns(row, provenance)
    return _update(row, owner, ended, files)


def _update(
    row: Generation, owner: str, columns: dict[str, Any], files: Iterable[OutputFile] = ()
) -> bool:
    """The fence: only the owner of the present lease changes the row."""
    with write_txn():
        mine = Generation.objects.filter(pk=row.pk, status=Status.CLAIMED, lease_owner=owner)
        changed = bool(mine.update(**columns, **UNOWNED))
        if changed:
            OutputFile.objects.bulk_create(files)
    return changed
