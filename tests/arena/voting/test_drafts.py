"""Drafts: what is kept of an open ballot, for whom, how long, and what is never kept."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.core.management import call_command
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from arena.voting.drafts import KEPT_FOR, drafts_forget, fields_kept
from arena.voting.models import Ballot, Draft, Vote
from arena.voting.services import ballot_skip, vote_undo
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db
PATIENT = "Frau Meier, born 12.03.1950"
MARK = '{"side": "left", "start": 0, "end": 9, "quote": "Pneumonia", "note": "%s"}'


@pytest.fixture
def here() -> World:
    return world(n_cases=3, n_raters=2)


@pytest.fixture
def page(client: Client, here: World) -> Client:
    client.force_login(here.rater)
    client.get(reverse("vote", args=[here.study.slug]))
    return client


def ballot_now() -> Ballot:
    return Ballot.objects.get(status="open")


def answer(**fields: Any) -> dict[str, Any]:
    ballot = ballot_now()
    return {"ballot": str(ballot.uuid), "attempt": ballot.attempt, **fields}


def save(client: Client, here: World, **fields: Any) -> Any:
    return client.post(reverse("vote-draft", args=[here.study.slug]), answer(**fields))


def form(**fields: Any) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in fields.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


FILLED = {
    "outcome_overall": "left_slightly",
    "flag_left": "1",
    "extent_left": "severe",
    "errors_left": ["omission", "treatment"],
    "note_left": "Too high a dose",
    "confidence": "2",
    "reason": "Dose.",
    "mark": MARK % "wrong side",
    "seen_left": "12.25",
}


class TestKeeping:
    def test_the_page_comes_with_all_of_it_also_without_a_script(
        self, page: Client, here: World
    ) -> None:
        kept = save(page, here, **FILLED).json()
        assert kept["said"] == ""
        text = page.get(reverse("vote", args=[here.study.slug])).content.decode()
        for shown in ("Dose.</textarea>", 'value="Too high a dose"', 'value="severe" selected'):
            assert shown in text
        assert 'value="left_slightly" data-key="2" checked' in text
        assert "wrong side" in text
        assert f'"stamp": "{kept["stamp"]}"' in text

    def test_the_later_one_replaces_the_earlier(self, page: Client, here: World) -> None:
        save(page, here, reason="One")
        save(page, here, outcome_overall="tie")
        assert Draft.objects.get().fields == {"outcome_overall": ["tie"]}

    def test_another_device_may_ask_for_it(self, page: Client, here: World) -> None:
        url = reverse("vote-draft", args=[here.study.slug])
        assert page.get(url, answer()).json()["stamp"] == ""
        save(page, here, reason="Dose.")
        given = page.get(url, answer()).json()
        assert given["fields"] == {"reason": ["Dose."]}
        assert 0 <= given["age"] < 60

    def test_unknown_fields_and_overlong_values_are_not_kept(self) -> None:
        fields, left_out = fields_kept(
            form(
                csrfmiddlewaretoken="x",
                ballot="y",
                outcome_overall="z" * 100,
                looked="1",
                reason="r" * 4001,
                mark=["no mark", MARK % ""],
            )
        )
        assert (sorted(fields), left_out) == (["looked", "mark"], True)
        assert len(fields["mark"]) == 1


class TestWordsThatMayPointToAPatient:
    @pytest.mark.parametrize("field", ["reason", "note_left", "note_right"])
    def test_they_are_left_out_and_all_else_is_kept(
        self, page: Client, here: World, field: str
    ) -> None:
        assert save(page, here, **{field: PATIENT}, confidence="1").json()["said"]
        assert Draft.objects.get().fields == {"confidence": ["1"]}

    def test_a_mark_is_kept_without_its_note(self) -> None:
        fields, left_out = fields_kept(form(mark=MARK % PATIENT))
        assert left_out
        assert "Pneumonia" in fields["mark"][0]
        assert "Meier" not in fields["mark"][0]

    def test_nothing_is_kept_of_what_is_missing_without_its_words(self) -> None:
        missing = '{"side": "left", "error_type": "omission", "note": "%s"}'
        fields, left_out = fields_kept(form(mark=[missing % PATIENT, missing % "The dose"]))
        assert left_out
        assert [json.loads(mark)["note"] for mark in fields["mark"]] == ["The dose"]

    def test_they_replace_what_was_kept_before_by_nothing(self, page: Client, here: World) -> None:
        save(page, here, reason="The patient")
        save(page, here, reason=f"The patient {PATIENT}")
        assert Draft.objects.get().fields == {}

    def test_once_the_rater_said_that_they_point_to_nobody_they_are_kept(
        self, page: Client, here: World
    ) -> None:
        filled = {"outcome_overall": "tie", "reason": PATIENT}
        refused = page.post(reverse("vote", args=[here.study.slug]), answer(**filled))
        signature = refused.context["signature"]
        assert not save(page, here, **filled, accepted_findings=signature).json()["said"]
        assert Draft.objects.get().fields["reason"] == [PATIENT]
        more = {"reason": f"{PATIENT}, Tel. 030 1234567"}
        assert save(page, here, **more, accepted_findings=signature).json()["said"]


class TestEnding:
    def test_the_vote_ends_it(self, page: Client, here: World) -> None:
        save(page, here, reason="Dose.")
        page.post(reverse("vote", args=[here.study.slug]), answer(outcome_overall="tie"))
        assert (Draft.objects.count(), Vote.objects.count()) == (0, 1)

    def test_the_skip_ends_it(self, page: Client, here: World) -> None:
        save(page, here, reason="Dose.")
        ballot_skip(ballot_uuid=ballot_now().uuid, rater=here.rater, attempt=1, reason="other")
        assert not Draft.objects.exists()

    def test_one_that_comes_late_is_not_kept(self, page: Client, here: World) -> None:
        late = answer(reason="Late")
        page.post(reverse("vote", args=[here.study.slug]), answer(outcome_overall="tie"))
        url = reverse("vote-draft", args=[here.study.slug])
        assert page.post(url, late).status_code == 409
        vote_undo(ballot_uuid=late["ballot"], rater=here.rater)
        assert page.post(url, late).status_code == 409, "it was of the attempt before"
        assert not Draft.objects.exists()

    def test_a_ballot_given_back_by_an_undo_takes_its_draft_along(
        self, page: Client, here: World
    ) -> None:
        first = ballot_now()
        page.post(reverse("vote", args=[here.study.slug]), answer(outcome_overall="tie"))
        page.get(reverse("vote", args=[here.study.slug]))
        save(page, here, reason="Of the next")
        vote_undo(ballot_uuid=first.uuid, rater=here.rater)
        assert not Draft.objects.exists()

    def test_old_ones_and_those_of_closed_studies_are_forgotten(
        self, page: Client, here: World
    ) -> None:
        save(page, here, reason="Dose.")
        assert drafts_forget() == 0
        old = timezone.now() - KEPT_FOR - timedelta(minutes=1)
        Draft.objects.update(saved_at=old)
        assert drafts_forget() == 1
        save(page, here, reason="Dose.")
        here.study.status, here.study.closed_at = "closed", timezone.now()
        here.study.save()
        assert drafts_forget() == 1


class TestForWhom:
    def test_it_is_the_raters_alone(self, page: Client, here: World) -> None:
        save(page, here, reason="Mine")
        url, identity = reverse("vote-draft", args=[here.study.slug]), answer(reason="Yours")
        page.force_login(here.raters[1])
        assert page.post(url, identity).status_code == 404
        assert page.get(url, identity).status_code == 404
        assert Draft.objects.get().fields == {"reason": ["Mine"]}

    def test_the_admin_shows_that_there_is_one_and_nothing_of_it(
        self, page: Client, here: World
    ) -> None:
        save(page, here, reason="Mine alone")
        admin = here.study.created_by
        admin.is_superuser = admin.is_staff = True
        admin.save()
        page.force_login(admin)
        change = reverse("admin:voting_draft_change", args=[Draft.objects.get().pk])
        shown = page.get(change).content.decode()
        assert "Saved at" in shown
        assert "Mine alone" not in shown
        assert not site.get_model_admin(Draft).has_change_permission(page.get(change).wsgi_request)

    def test_no_export_board_or_count_knows_of_it(
        self, page: Client, here: World, tmp_path: Any
    ) -> None:
        save(page, here, outcome_overall="left_strongly", reason="Zebra")
        with pytest.raises(Exception, match="vote"):
            call_command("export", here.study.slug, format="votes-csv", out=tmp_path, verbosity=0)
        for name in ("vote-progress", "my-votes"):
            shown = page.get(reverse(name, args=[here.study.slug])).content.decode()
            assert "Zebra" not in shown
