"""Many people at once, on a database that lets them: nobody fails, no use is had twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import connection

from arena.accounts.models import User
from arena.core.audit import audit_break
from arena.core.errors import UserError
from arena.studies.models import CaseVersion, Invitation, Study
from arena.studies.services import (
    case_add,
    invitation_accept,
    invitation_create,
    upload_keep,
    upload_take,
)
from tests.arena.studies.conftest import new_study

pytestmark = [
    pytest.mark.services,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'",
        reason="needs PostgreSQL: set CONSILIUM_DATABASE_URL",
    ),
]


def in_own_connection(work: Callable[[], object]) -> str:
    try:
        work()
    except UserError as error:
        return str(error)
    finally:
        connection.close()
    return "done"


def test_the_last_uses_of_a_link_and_new_cases_at_once() -> None:
    by = User.objects.create_user("coordinator@example.org")
    study = new_study(by, "busy", "text", "summary")
    _, token = invitation_create(study=study, by=by, uses=3)
    users = [User.objects.create_user(f"rater-{n}@example.org") for n in range(10)]

    def join(user: User) -> Callable[[], object]:
        return lambda: invitation_accept(token=token, user=user)

    def add(key: str) -> Callable[[], object]:
        return lambda: case_add(
            study=Study.objects.get(pk=study.pk),
            by=by,
            key=key,
            input_kind="text",
            content={"text": "Cough."},
        )

    work = [join(user) for user in users] + [add(key) for key in "aabbccdd"]
    with ThreadPoolExecutor(len(work)) as pool:
        outcomes = list(pool.map(in_own_connection, work))
    assert outcomes[:10].count("done") == 3
    assert all("used up" in outcome for outcome in outcomes[:10] if outcome != "done")
    assert outcomes[10:] == ["done"] * 8
    assert study.memberships.filter(role="rater").count() == 3
    assert Invitation.objects.get().uses_left == 0
    assert CaseVersion.objects.count() == 4
    assert audit_break() is None


def test_many_clicks_take_a_kept_upload_once() -> None:
    by = User.objects.create_user("coordinator@example.org")
    study = new_study(by, "busy", "text", "summary")
    key = uuid4()
    upload_keep(study=study, by=by, upload=ContentFile(b"key,text\n"), name="c.csv", key=key)
    with ThreadPoolExecutor(8) as pool:
        take = partial(upload_take, study=study, by=by, key=key)
        said = list(pool.map(lambda _: in_own_connection(take), range(8)))
    assert said.count("done") == 1
    assert all("is being imported" in each for each in said if each != "done")
