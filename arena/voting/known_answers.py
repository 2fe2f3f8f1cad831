"""Setting the answers raters qualify by."""

from django.utils import timezone

from arena.accounts.models import User
from arena.core.audit import audit_record
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.generations.models import Generation
from arena.studies.models import Study
from arena.studies.selectors import case_versions_current
from arena.voting.models import Comparison, KnownAnswer

TURNED = {"first": "second", "second": "first"}


def known_answer_add(
    *,
    study: Study,
    by: User,
    case: str,
    first: str,
    second: str,
    expected: str,
    explanation: str = "",
) -> KnownAnswer:
    """``case``: a key; ``first``, ``second``: labels of systems of the study.

    Raises ``UserError`` where there are not two answers to compare, or the pair has one already.
    """
    one, other = _outputs(study, case, first, second)
    if one.pk > other.pk:
        one, other, expected = other, one, TURNED.get(expected, expected)
    with write_txn():
        comparison, _ = Comparison.objects.get_or_create(
            first=one,
            second=other,
            defaults={"study": study, "case_version_id": one.case_version_id},
        )
        if KnownAnswer.objects.filter(comparison=comparison, removed_at=None).exists():
            raise UserError("These two outputs have a known answer already: remove it first.")
        item = KnownAnswer.objects.create(
            study=study, comparison=comparison, expected=expected, explanation=explanation.strip()
        )
        audit_record(actor=by, action="known-answer.add", target=study.slug, detail={"id": item.pk})
    return item


def _outputs(study: Study, case: str, first: str, second: str) -> list[Generation]:
    version = case_versions_current(study=study).filter(case__key=case.strip()).first()
    if version is None:
        raise UserError(f"The study has no case {case.strip()!r}: see the table of cases.")
    if first == second:
        raise UserError("Choose the outputs of two different systems.")
    found = Generation.objects.filter(
        case_version=version,
        repeat=0,
        status=Generation.Status.SUCCEEDED,
        study_system__withdrawn_at=None,
        study_system__study=study,
    )
    outputs = []
    for label in (first, second):
        output = found.filter(study_system__label=label).first()
        if output is None:
            raise UserError(f"{label} has not answered case {case.strip()!r}.")
        outputs.append(output)
    return outputs


def known_answer_remove(*, study: Study, by: User, pk: str) -> bool:
    """Whether there was one to remove; what raters answered stays on record."""
    with write_txn():
        items = KnownAnswer.objects.filter(study=study, removed_at=None)
        removed = items.filter(pk=pk if pk.isdigit() else 0).update(removed_at=timezone.now())
        if removed:
            audit_record(actor=by, action="known-answer.remove", target=study.slug)
    return bool(removed)
