"""A study from draft to archive."""

import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from arena.accounts.models import User
from arena.core.audit import audit_record
from arena.core.db import write_txn
from arena.core.errors import UserError
from arena.studies.models import Membership, Study
from arena.studies.readiness import Step, requirements
from arena.studies.services.locks import study_lock
from arena.studies.services.people import member_add

EDITABLE = frozenset(
    {
        "title",
        "summary",
        "visibility",
        "outside_endpoints_allowed",
        "synthetic",
        "case_source",
        "ethics",
        "ethics_expires_on",
        "seed",
    }
)
RESERVED_SLUGS = frozenset({"new"})


def study_create(*, by: User, slug: str, title: str, **fields: Any) -> Study:
    """A new draft; whoever creates it becomes its coordinator.

    Raises ``UserError`` if the address is taken or a field does not fit.
    """
    # Whoever knew the seed could compute the sides of their ballots from the published code.
    fields.setdefault("seed", secrets.randbelow(2**31))
    study = Study(slug=slug, title=title, created_by=by)
    _set_fields(study, fields)
    if slug in RESERVED_SLUGS or Study.objects.filter(slug=slug).exists():
        raise UserError(f"The address {slug!r} is taken: choose another one.")
    _check(study)
    with write_txn():
        study.save(force_insert=True)
        audit_record(actor=by, action="study.create", target=study.slug, detail={"title": title})
        member_add(study=study, user=by, role=Membership.Role.COORDINATOR, by=by)
    return study


def study_update(*, study: Study, by: User, **fields: Any) -> Study:
    """Change what is said about a study; what raters are asked is a new protocol instead."""
    if study.status == Study.Status.ARCHIVED:
        raise UserError(f"“{study.title}” is archived: it cannot be changed any more.")
    _set_fields(study, fields)
    _check(study)
    with write_txn():
        study.save(update_fields=sorted(fields))
        audit_record(
            actor=by, action="study.update", target=study.slug, detail={"fields": sorted(fields)}
        )
    return study


def study_mark_simulated(*, study: Study) -> None:
    """Every page of the study says from now on that it holds votes made by a program."""
    unmarked = Study.objects.filter(pk=study.pk, holds_simulated_votes=False)
    unmarked.update(holds_simulated_votes=True)


def study_open(*, study: Study, by: User) -> Study:
    """Open for votes, for the first time or again after closing.

    Raises ``UserError`` naming everything that is still missing.
    """
    with write_txn():
        _lock(study, {Study.Status.DRAFT, Study.Status.CLOSED}, "opened")
        _refuse_missing(study, Step.OPEN, "opened")
        study.opened_at = study.opened_at or timezone.now()
        study.closed_at = None
        return _moved(study, Study.Status.OPEN, by)


def study_close(*, study: Study, by: User) -> Study:
    with write_txn():
        _lock(study, {Study.Status.OPEN}, "closed")
        study.closed_at = timezone.now()
        return _moved(study, Study.Status.CLOSED, by)


def study_archive(*, study: Study, by: User) -> Study:
    with write_txn():
        _lock(study, {Study.Status.CLOSED}, "archived")
        return _moved(study, Study.Status.ARCHIVED, by)


def study_publish(*, study: Study, by: User) -> Study:
    """Show the leaderboard to everybody.

    Raises ``UserError`` while anything a published leaderboard must state is missing.
    """
    with write_txn():
        study_lock(study=study)
        _refuse_missing(study, Step.PUBLISH, "published")
        return _published(study, published=True, by=by)


def study_unpublish(*, study: Study, by: User) -> Study:
    with write_txn():
        study_lock(study=study)
        return _published(study, published=False, by=by)


def _set_fields(study: Study, fields: dict[str, Any]) -> None:
    unknown = sorted(set(fields) - EDITABLE)
    if unknown:
        raise TypeError(f"not fields of a study that can be set: {', '.join(unknown)}")
    for name, value in fields.items():
        setattr(study, name, value)


def _check(study: Study) -> None:
    try:
        study.clean_fields(exclude=["created_by"])
    except ValidationError as error:
        name, problems = next(iter(error.message_dict.items()))
        raise UserError(f"{name.replace('_', ' ').capitalize()}: {problems[0]}") from error


def _lock(study: Study, allowed: set[Study.Status], done: str) -> None:
    """Read the row again and hold it to the end of the transaction: its status cannot move."""
    study_lock(study=study)
    if study.status not in allowed:
        words = " or ".join(sorted(Study.Status(status).label.lower() for status in allowed))
        raise UserError(
            f"“{study.title}” is {study.get_status_display().lower()}; "
            f"only a study that is {words} can be {done}."
        )


def _refuse_missing(study: Study, step: Step, done: str) -> None:
    todo = [item.todo for item in requirements(study=study, step=step) if item.refuses]
    if todo:
        raise UserError(f"“{study.title}” cannot be {done} yet: {'; '.join(todo)}.")


def _moved(study: Study, status: Study.Status, by: User) -> Study:
    was, study.status = study.status, status
    study.save(update_fields=["status", "opened_at", "closed_at"])
    audit_record(actor=by, action=f"study.{status}", target=study.slug, detail={"was": str(was)})
    return study


def _published(study: Study, *, published: bool, by: User) -> Study:
    study.leaderboard_published = published
    study.save(update_fields=["leaderboard_published"])
    action = "study.publish" if published else "study.unpublish"
    audit_record(actor=by, action=action, target=study.slug)
    return study
