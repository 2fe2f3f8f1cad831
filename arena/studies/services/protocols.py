"""What raters are asked; every change is a new version."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Max, Model
from django.utils.text import slugify

from arena.accounts.models import User
from arena.core.audit import audit_record
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.studies.formats import formats
from arena.studies.models import Criterion, Protocol, Study
from arena.studies.services.locks import study_lock
from evaluation.kinds import kinds

NOT_FOR_EYES = {
    "embedding": "Nobody can judge an embedding by looking at it: let a head or a search turn it "
    "into label-probabilities, a regression-value or a retrieval-list, and ask about that.",
}
"""Answers that are never laid side by side, and what to do instead."""


def protocol_create(
    *,
    study: Study,
    by: User,
    input_kind: str,
    output_kind: str,
    question: str,
    criteria: Sequence[Mapping[str, Any]],
    **fields: Any,
) -> Protocol:
    """The study's next protocol version; ``criteria`` are rows of key, label, help, required.

    Votes cast before stay tied to the version they were cast under. Raises ``UserError`` naming
    the field that does not fit.
    """
    _refuse_unknown("case format", input_kind, formats())
    _refuse_unknown("output kind", output_kind, kinds())
    with write_txn():
        study_lock(study=study)
        if study.status == Study.Status.ARCHIVED:
            raise UserError(f"“{study.title}” is archived: its protocol cannot change any more.")
        _refuse_other_kinds(study, input_kind, output_kind)
        last = study.protocols.aggregate(last=Max("version"))["last"] or 0
        protocol = Protocol(
            study=study,
            version=last + 1,
            input_kind=input_kind,
            output_kind=output_kind,
            question=question.strip(),
            **fields,
        )
        _check(protocol, exclude=["study"])
        protocol.save()
        _criteria_add(protocol, criteria)
        audit_record(
            actor=by,
            action="protocol.create",
            target=study.slug,
            detail={"version": protocol.version, "input": input_kind, "output": output_kind},
        )
    return protocol


def _criteria_add(protocol: Protocol, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        raise UserError("A protocol needs at least one criterion: the one the board is made of.")
    seen: set[str] = set()
    for position, row in enumerate(rows):
        label = str(row.get("label", "")).strip()
        criterion = Criterion(
            protocol=protocol,
            key=row.get("key") or slugify(label)[:40],
            label=label,
            help=str(row.get("help", "")).strip(),
            required=bool(row.get("required", True)),
            position=position,
        )
        _check(criterion, exclude=["protocol"], prefix=f"Criterion {position + 1}, ")
        if criterion.key in seen:
            raise UserError(f"Criterion {position + 1}: the key {criterion.key!r} is used twice.")
        seen.add(criterion.key)
        criterion.save()


def _refuse_unknown(what: str, key: str, known: Mapping[str, object]) -> None:
    if key in NOT_FOR_EYES:
        raise UserError(NOT_FOR_EYES[key])
    if key not in known:
        raise UserError(f"There is no {what} {key!r}; choose one of: {', '.join(known)}.")


def _refuse_other_kinds(study: Study, input_kind: str, output_kind: str) -> None:
    """Outputs that exist cannot change their kind, and cases cannot change their format."""
    before = study.protocols.order_by("-version").first()
    if before is None or not study.cases.exists():
        return
    if (before.input_kind, before.output_kind) != (input_kind, output_kind):
        raise UserError(
            f"“{study.title}” already has cases read as {before.input_kind} and answered as "
            f"{before.output_kind}: start a new study for other kinds."
        )


def _check(row: Model, *, exclude: list[str], prefix: str = "") -> None:
    try:
        row.clean_fields(exclude=exclude)
    except ValidationError as error:
        name, problems = next(iter(error.message_dict.items()))
        raise UserError(f"{prefix}{name.replace('_', ' ')}: {problems[0]}") from error
