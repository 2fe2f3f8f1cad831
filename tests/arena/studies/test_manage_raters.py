"""Invitations and members."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from arena.accounts.models import User
from arena.studies.models import Invitation, Membership, Study
from arena.studies.services import (
    invitation_create,
)
from tests.arena.studies.conftest import set_status

pytestmark = pytest.mark.django_db


class TestRatersPage:
    url = "/studies/notes/manage/raters/"

    def test_five_hundred_members_are_turned_over_and_searched_for(
        self, people: dict[str, Client], note_study: Study
    ) -> None:
        users = User.objects.bulk_create(
            User(email=f"rater-{n:03}@example.org", name=f"Dr. & N{n:03}") for n in range(500)
        )
        Membership.objects.bulk_create(
            Membership(study=note_study, user=user, role="rater") for user in users
        )
        page = people["coordinator"].get(self.url)
        assert (len(page.context["page"]), page.context["page"].paginator.count) == (50, 502)
        found = people["coordinator"].get(self.url, {"q": "& n", "page": "2"})
        assert found.context["page"].paginator.count == 500
        assert "?page=3&amp;q=%26%20n#members-heading" in found.content.decode()
        for wanted in ("rater-123", "N123"):
            found = people["coordinator"].get(self.url, {"q": wanted})
            assert [each.user.email for each in found.context["page"]] == ["rater-123@example.org"]
        for wanted in ("nobody", "\0", "%" * 60_000):
            assert b"No member" in people["coordinator"].get(self.url, {"q": wanted}).content

    def test_members_cost_the_same_for_one_and_for_forty(
        self,
        people: dict[str, Client],
        note_study: Study,
        django_assert_max_num_queries: Callable[[int], Any],
    ) -> None:
        def queries() -> int:
            with django_assert_max_num_queries(30) as captured:
                people["coordinator"].get(self.url)
            return len(captured)

        few = queries()
        for number in range(40):
            user = User.objects.create_user(f"rater-{number}@example.org")
            Membership.objects.create(study=note_study, user=user, role="rater")
        assert queries() == few

    def test_a_link_is_shown_once_and_makes_a_rater(
        self, people: dict[str, Client], note_study: Study
    ) -> None:
        fields = {"role": "rater", "uses": "5", "days": "14"}
        page = people["coordinator"].post(self.url, fields)
        link = page.context["link"]
        token = link.rstrip("/").rpartition("/")[2]
        assert token not in people["coordinator"].get(self.url).content.decode()
        set_status(note_study, "open")
        assert people["stranger"].get(link).status_code == 200
        assert Invitation.objects.get().uses_left == 5
        assert people["stranger"].post(link).status_code == 302
        assert Membership.objects.filter(user__email="stranger@example.org", role="rater").exists()

    def test_a_visitor_signs_in_before_accepting(
        self, people: dict[str, Client], note_study: Study
    ) -> None:
        _, token = invitation_create(study=note_study, by=note_study.created_by)
        answer = people["public"].get(f"/join/{token}/")
        assert answer.status_code == 302 and f"/join/{token}/" in answer.url

    def test_a_dead_link_says_so(self, people: dict[str, Client], note_study: Study) -> None:
        invitation, token = invitation_create(study=note_study, by=note_study.created_by)
        Invitation.objects.filter(pk=invitation.pk).update(
            expires_at=timezone.now() - timedelta(days=1)
        )
        assert people["stranger"].get(f"/join/{token}/").status_code == 404
        answer = people["stranger"].post(f"/join/{token}/")
        assert answer.status_code == 400 and b"has expired" in answer.content

    def test_faulty_invitations_are_told(self, people: dict[str, Client]) -> None:
        fields = {"role": "rater", "uses": "2", "days": "14", "email": "a@example.org"}
        assert b"can be used once" in people["coordinator"].post(self.url, fields).content
        assert people["coordinator"].post(self.url, {**fields, "uses": "0"}).status_code == 400

    def test_members_and_links_are_taken_back(
        self, people: dict[str, Client], note_study: Study
    ) -> None:
        for name, args in (
            ("manage-member-remove", [note_study.memberships.get(role="rater").pk]),
            (
                "manage-invitation-revoke",
                [invitation_create(study=note_study, by=note_study.created_by)[0].pk],
            ),
        ):
            people["coordinator"].post(reverse(name, args=["notes", *args]))
        assert not note_study.memberships.filter(role="rater").exists()
        assert Invitation.objects.get().revoked_at
        last = note_study.memberships.get()
        page = people["coordinator"].post(
            reverse("manage-member-remove", args=["notes", last.pk]), follow=True
        )
        assert b"needs a coordinator" in page.content
