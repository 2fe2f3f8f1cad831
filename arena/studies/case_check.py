"""The one place that decides whether a case may be stored, whoever brings it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from arena.studies.formats import format_for, formats
from arena.studies.formats.base import UNSTORABLE
from arena.studies.new_case import CaseError, NewCase
from evaluation.kinds import RecordError, kind_for

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?")
STRATUM_LIMIT = 80
LIMITS = {"key": 80, "title": 200, "specialty": 80, "source": 300, "licence": 120}
"""Characters; equal to the columns' lengths, which SQLite does not check."""


def checked_case(case: NewCase, *, input_kind: str, output_kind: str) -> NewCase:
    """The case in canonical form, for a study that reads and answers these kinds.

    Raises ``CaseError`` naming the first faulty field.
    """
    for name, limit in LIMITS.items():
        _check_line(getattr(case, name), name, limit)
    if not case.key:
        raise CaseError("key", "is empty")
    if case.input_kind != input_kind:
        raise CaseError("input_kind", f"is {case.input_kind!r}, but the study reads {input_kind!r}")
    if not LANGUAGE.fullmatch(case.language):
        raise CaseError("language", f"{case.language!r} is not a language code such as en or pt-BR")
    for name, value in case.strata.items():
        _check_line(value, f"strata.{name}", STRATUM_LIMIT)
    case = replace(case, content=formats()[input_kind].validate(case.content, case.assets))
    return replace(case, reference=_checked_reference(case, output_kind))


def _check_line(value: object, field: str, limit: int) -> None:
    if not isinstance(value, str):
        raise CaseError(field, f"is {type(value).__name__}, not text")
    if len(value) > limit:
        raise CaseError(field, f"has {len(value):,} characters; at most {limit} fit")
    if "\n" in value or UNSTORABLE.search(value):
        raise CaseError(field, "must be one line without control characters")


def _checked_reference(case: NewCase, output_kind: str) -> dict[str, Any] | None:
    if case.reference is None:
        return None
    if not isinstance(case.reference, Mapping):
        raise CaseError("reference", f"must be a record of the output kind {output_kind!r}")
    assets = {asset.name: asset.meta for asset in case.assets}
    facts = format_for(case.input_kind).facts(case.content, assets)
    try:
        return kind_for(output_kind).validate(case.reference, facts)
    except RecordError as error:
        raise CaseError("reference", str(error)) from error
