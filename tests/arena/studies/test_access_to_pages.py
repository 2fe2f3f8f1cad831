"""Who sees a study, who manages it, and who may change anything."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from arena.studies.models import CaseVersion, Study
from arena.studies.services import (
    invitation_create,
)
from tests.arena.studies.conftest import ROLES, set_status

pytestmark = pytest.mark.django_db

SIGN_IN, OK, FORBIDDEN, HIDDEN = 302, 200, 403, 404
MANAGE = ("study-manage", "manage-overview", "manage-protocol", "manage-cases", "manage-raters")


@pytest.mark.parametrize(
    ("status", "visibility", "expected"),
    [
        ("draft", "private", (HIDDEN, HIDDEN, HIDDEN, OK, OK)),
        ("draft", "public", (HIDDEN, HIDDEN, HIDDEN, OK, OK)),
        ("open", "private", (HIDDEN, HIDDEN, OK, OK, OK)),
        ("open", "public", (OK, OK, OK, OK, OK)),
        ("closed", "private", (HIDDEN, HIDDEN, OK, OK, OK)),
        ("archived", "public", (OK, OK, OK, OK, OK)),
    ],
)
def test_who_sees_a_study(
    people: dict[str, Client],
    note_study: Study,
    status: str,
    visibility: str,
    expected: tuple[int, ...],
) -> None:
    set_status(note_study, status, visibility)
    seen = tuple(people[role].get("/studies/notes/").status_code for role in ROLES)
    assert seen == expected


@pytest.mark.parametrize("name", MANAGE)
@pytest.mark.parametrize(
    ("visibility", "expected"),
    [
        ("private", (SIGN_IN, HIDDEN, FORBIDDEN, OK, OK)),
        ("public", (SIGN_IN, FORBIDDEN, FORBIDDEN, OK, OK)),
    ],
)
def test_who_manages_an_open_study(
    people: dict[str, Client],
    note_study: Study,
    name: str,
    visibility: str,
    expected: tuple[int, ...],
) -> None:
    set_status(note_study, "open", visibility)
    seen = tuple(people[role].get(reverse(name, args=["notes"])).status_code for role in ROLES)
    assert seen == expected


def posts(study: Study, version: CaseVersion) -> dict[str, tuple[str, ...]]:
    invitation, _ = invitation_create(study=study, by=study.created_by)
    member = study.memberships.get(role="rater")
    return {
        "study-join": (study.slug,),
        "manage-step": (study.slug,),
        "manage-case-withdraw": (study.slug, str(version.case_id)),
        "manage-member-remove": (study.slug, str(member.pk)),
        "manage-invitation-revoke": (study.slug, str(invitation.pk)),
    }


def test_only_those_who_manage_may_change_anything(
    people: dict[str, Client], note_study: Study, note: Callable[[], CaseVersion]
) -> None:
    set_status(note_study, "open")
    for name, args in posts(note_study, note()).items():
        url = reverse(name, args=args)
        assert people["public"].post(url).status_code == SIGN_IN, name
        assert people["stranger"].post(url).status_code == HIDDEN, name
        assert people["rater"].post(url).status_code == FORBIDDEN, name
        assert people["coordinator"].get(url).status_code == 405, name


def test_an_object_of_another_study_is_not_reached_through_ones_own(
    people: dict[str, Client],
    note_study: Study,
    image_study: Study,
    note: Callable[[], CaseVersion],
) -> None:
    """The coordinator runs both; still the address must name the right study."""
    for name, (_, *rest) in posts(note_study, note()).items():
        if rest:
            url = reverse(name, args=["images", *rest])
            assert people["coordinator"].post(url).status_code == 404, name
