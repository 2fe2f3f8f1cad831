"""Errors marked on the page: sent, refused, brought back, counted, exported."""

import json
from importlib import import_module
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from arena.exports.data import export_data
from arena.exports.formats import files_of
from arena.studies.services import case_withdraw
from arena.voting.answers import ABSENT, PACKS
from arena.voting.marked import errors_marked
from arena.voting.models import Ballot, Highlight, Vote
from tests.arena.voting.world import World, world

pytestmark = pytest.mark.django_db

SPAN = {
    "side": "left",
    "start": 3,
    "end": 12,
    "quote": "Pneumonia",
    "error_type": "treatment",
    "significant": True,
    "note": "",
}
REGION = {
    "side": "right",
    "region": {"x": 1.5, "y": 2, "width": 10, "height": 4},
    "error_type": "location",
}


@pytest.fixture
def here() -> World:
    return world(n_cases=4)


@pytest.fixture
def page(client: Client, here: World) -> Client:
    client.force_login(here.rater)
    return client


def vote_url(here: World) -> str:
    return reverse("vote", args=[here.study.slug])


def send(page: Client, here: World, *marks: Any, **changes: Any) -> Any:
    page.get(vote_url(here))
    ballot = Ballot.objects.get(status="open")
    texts = [mark if isinstance(mark, str) else json.dumps(mark) for mark in marks]
    data = {"ballot": str(ballot.uuid), "attempt": ballot.attempt, "outcome_overall": "tie"}
    return page.post(vote_url(here), {**data, "mark": texts, **changes})


def test_marks_are_stored_with_the_vote(page: Client, here: World) -> None:
    assert send(page, here, SPAN, REGION).status_code == 302
    span, region = Highlight.objects.order_by("pk")
    assert (span.start, span.end, span.quote, span.significant) == (3, 12, "Pneumonia", True)
    assert (region.side, region.region) == ("right", REGION["region"])
    assert span.vote == region.vote == Vote.objects.get()


@pytest.mark.parametrize(
    "faulty",
    [
        "not json",
        "[" * 5000,
        "{}",
        {"side": "left"},
        {**SPAN, "side": "middle"},
        {**SPAN, "start": -1},
        {**SPAN, "start": 12, "end": 3},
        {**SPAN, "start": 0, "end": 2**40},
        {**SPAN, "quote": "x" * 501},
        {**SPAN, "error_type": "taste"},
        {**SPAN, "region": REGION["region"]},
        {**REGION, "region": {"x": 1}},
        {**REGION, "region": {**REGION["region"], "depth": 3}},
        {**REGION, "region": {**REGION["region"], "plane": "axial"}},
        {**REGION, "region": {**REGION["region"], "plane": "oblique", "slice": 1}},
        {**REGION, "region": {**REGION["region"], "plane": "axial", "slice": 1}},
        '{"side": "left", "error_type": "other", "region": {"x": NaN, "y": 1, "width": 1}}',
    ],
)
def test_a_faulty_mark_is_said_and_nothing_is_stored(
    page: Client, here: World, faulty: Any
) -> None:
    response = send(page, here, SPAN, faulty, reason="Kept")
    text = response.content.decode()
    assert response.status_code == 422
    assert "Kept" in text
    assert "“Pneumonia”" in text, "the good mark is still there"
    assert not Vote.objects.exists()


def test_too_many_marks_are_refused(page: Client, here: World) -> None:
    response = send(page, here, *[SPAN] * 201)
    assert "at most 200 can be stored" in response.content.decode()
    assert not Vote.objects.exists()


def test_hostile_words_of_an_output_stay_words(page: Client, here: World) -> None:
    hostile = "<script>alert(1)</script>"
    response = send(page, here, {**SPAN, "quote": hostile}, "not json")
    assert hostile not in response.content.decode()
    assert "“&lt;script&gt;alert(1)&lt;/script&gt;”" in response.content.decode()


def test_undo_brings_the_marks_back(page: Client, here: World) -> None:
    send(page, here, SPAN, REGION)
    uuid = str(Ballot.objects.get(status="voted").uuid)
    page.post(reverse("vote-undo", args=[here.study.slug]), {"ballot": uuid})
    left, right = page.get(vote_url(here)).context["sides"]
    assert json.loads(left["marks"][0]["json"])["quote"] == "Pneumonia"
    assert left["marks"][0]["label"] == "Wrong drug, dose or action"
    assert json.loads(right["marks"][0]["json"])["region"] == REGION["region"]


def test_errors_are_counted_for_the_system_whose_output_it_was(page: Client, here: World) -> None:
    send(page, here, SPAN, {**REGION, "side": "left"}, {**SPAN, "side": "right"})
    ballot = Ballot.objects.get(status="voted")
    found = errors_marked(study=here.study, origin="human")
    counted = {row.label: (row.marked, row.significant) for row in found.counts}
    assert counted == {
        ballot.left.study_system.label: (2, 1),
        ballot.right.study_system.label: (1, 1),
    }
    assert not errors_marked(study=here.study, origin="imported").counts
    page.post(reverse("vote-undo", args=[here.study.slug]), {"ballot": str(ballot.uuid)})
    assert not errors_marked(study=here.study, origin="human").counts, "taken back"


def test_marks_from_before_are_told_whose_they_are(page: Client, here: World) -> None:
    for _ in range(4):
        send(page, here, SPAN, REGION)
    known = dict(Highlight.objects.values_list("pk", "study_system"))
    assert len(set(known.values())) == 2
    migration = ("voting", "0008_highlights_of_systems")
    apps = MigrationLoader(connection).project_state(migration).apps
    former = apps.get_model("voting", "Highlight").objects
    former.update(study_system=here.systems[0].pk, origin="")
    import_module(f"arena.voting.migrations.{migration[1]}").highlights_told(apps, None)
    assert dict(Highlight.objects.values_list("pk", "study_system")) == known
    assert set(Highlight.objects.values_list("origin", flat=True)) == {"human"}


def test_the_coordinator_sees_them_in_three_queries_and_raters_do_not(
    page: Client, here: World
) -> None:
    send(page, here, SPAN, SPAN, {**SPAN, "quote": "", "note": "500 mg"})
    url = reverse("manage-marks", args=[here.study.slug])
    assert page.get(url).status_code == 403
    coordinator = here.study.created_by
    here.study.memberships.create(user=coordinator, role="coordinator")
    with CaptureQueriesContext(connection) as queries:
        errors_marked(study=here.study, origin="human")
    assert len(queries) == 3
    page.force_login(coordinator)
    text = page.get(url).content.decode()
    assert "“Pneumonia”" in text
    assert "Wrong drug, dose or action: 3" in text
    assert "· 500 mg" in text
    assert page.get(url, {"origin": "nowhere"}).status_code == 404


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_marks_are_exported_with_the_system_they_are_about(
    page: Client, here: World, suffix: str
) -> None:
    send(page, here, SPAN, REGION)
    vote = Vote.objects.get()
    data = export_data(study=here.study, protocol=here.protocol, origin="human", last_vote=vote.pk)
    files = files_of(f"votes-{suffix}", data)
    text = files[f"highlights.{suffix}"].decode()
    assert vote.ballot.left.study_system.label in text
    assert "Pneumonia" in text
    assert "highlights-columns.csv" in files
    case_withdraw(
        case=vote.ballot.comparison.case_version.case, by=here.study.created_by, reason="Asked."
    )
    assert "Pneumonia" not in files_of(f"votes-{suffix}", data)[f"highlights.{suffix}"].decode()


def test_an_export_without_marks_has_no_file_of_them(page: Client, here: World) -> None:
    send(page, here)
    data = export_data(
        study=here.study,
        protocol=here.protocol,
        origin="human",
        last_vote=Vote.objects.get().pk,
    )
    assert not [name for name in files_of("votes-csv", data) if "highlights" in name]


MISSING = {
    "side": "right",
    "error_type": "omission",
    "significant": True,
    "note": "No word on the effusion",
}


def test_what_is_missing_is_stored_without_a_place_and_comes_back(
    page: Client, here: World
) -> None:
    assert send(page, here, MISSING).status_code == 302
    mark = Highlight.objects.get()
    assert (mark.side, mark.error_type, mark.significant) == ("right", "omission", True)
    assert (mark.start, mark.end, mark.region) == (None, None, None)
    uuid = Ballot.objects.get(status="voted").uuid
    page.post(reverse("vote-undo", args=[here.study.slug]), {"ballot": str(uuid)})
    response = page.get(vote_url(here))
    assert json.loads(response.context["sides"][1]["marks"][0]["json"]) == MISSING
    assert "Missing: No word on the effusion" in response.content.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"note": " \t"}, "without a word on what it is"),
        ({"note": "\u200b\u2060"}, "without a word on what it is"),
        ({"note": "x" * 301}, "could not be read"),
        ({"error_type": "location"}, "is one of omission, missed_comparison"),
        ({"error_type": "other"}, "is one of omission, missed_comparison"),
        ({"error_type": "taste"}, "could not be read"),
        ({"side": "both"}, "could not be read"),
        ({"quote": "Pneumonia"}, "cannot be quoted"),
        ({"start": 3}, "span of text or a region"),
        ({"end": 3}, "span of text or a region"),
    ],
)
def test_what_is_missing_must_be_said_and_be_something_that_can_be(
    page: Client, here: World, change: dict[str, Any], said: str
) -> None:
    response = send(page, here, {**MISSING, **change}, reason="Kept")
    assert response.status_code == 422
    assert said in response.content.decode()
    assert "Kept" in response.content.decode()
    assert not Vote.objects.exists()


def test_the_table_takes_no_mark_without_a_place_or_a_word(page: Client, here: World) -> None:
    send(page, here)
    vote = Vote.objects.get()
    for faulty in ({"note": ""}, {"note": "x", "start": 3}, {"note": "x", "end": 3}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Highlight.objects.create(vote=vote, side="left", error_type="omission", **faulty)


def test_many_missing_things_are_counted_like_any_marks(page: Client, here: World) -> None:
    assert "at most 200" in send(page, here, *[MISSING] * 201).content.decode()
    assert send(page, here, *[MISSING] * 200).status_code == 302
    assert Highlight.objects.count() == 200


def test_sent_twice_what_is_missing_is_stored_once(page: Client, here: World) -> None:
    send(page, here, MISSING)
    ballot = Ballot.objects.get(status="voted")
    again = {"ballot": str(ballot.uuid), "attempt": 1, "outcome_overall": "tie"}
    response = page.post(vote_url(here), {**again, "mark": [json.dumps(MISSING)]}, follow=True)
    assert Highlight.objects.count() == 1
    assert not response.context["messages"], "the same answer, so nothing is to be said"
    response = page.post(vote_url(here), again, follow=True)
    assert "That answer stands" in response.content.decode()


def test_the_words_on_what_is_missing_are_searched_for_identifiers(
    page: Client, here: World
) -> None:
    response = send(page, here, {**MISSING, "note": "Mr Smith's effusion"})
    assert response.status_code == 422
    assert "Marked error 1: name “Mr Smith" in response.content.decode()
    assert not Vote.objects.exists()
    accepted = {"accepted_findings": response.context["signature"]}
    assert send(page, here, {**MISSING, "note": "Mr Smith's effusion"}, **accepted).url


def test_hostile_words_on_what_is_missing_stay_words(page: Client, here: World) -> None:
    hostile = "</script><img src=x onerror=alert(1)>"
    send(page, here, {**MISSING, "note": hostile})
    ballot = Ballot.objects.get(status="voted")
    coordinator = here.study.created_by
    here.study.memberships.create(user=coordinator, role="coordinator")
    own = page.get(reverse("my-vote", args=[ballot.uuid])).content.decode()
    page.force_login(coordinator)
    managed = page.get(reverse("manage-marks", args=[here.study.slug])).content.decode()
    for text in (own, managed):
        assert hostile not in text
        assert "issing: &lt;/script&gt;&lt;img src=x" in text
        assert text.count("onerror=alert") == 1, "said once"


def test_what_is_missing_is_exported_without_a_place(page: Client, here: World) -> None:
    send(page, here, SPAN, REGION, MISSING)
    vote = Vote.objects.get()
    data = export_data(study=here.study, protocol=here.protocol, origin="human", last_vote=vote.pk)
    files = files_of("votes-jsonl", data)
    rows = [json.loads(line) for line in files["highlights.jsonl"].decode().splitlines()]
    assert [row["place"] for row in rows] == ["span", "region", "none"]
    missing = rows[2]
    assert (missing["error_type"], missing["note"]) == ("omission", MISSING["note"])
    assert missing["model"] == vote.ballot.right.study_system.label
    assert not any(missing[name] for name in ("quote", "start", "end", "x", "plane"))


def test_every_pack_of_errors_has_one_that_can_be_missing() -> None:
    assert all(set(pack) & set(ABSENT) for pack in PACKS.values())


def test_what_is_missing_on_a_withdrawn_ballot_is_kept_and_counts_nowhere(
    page: Client, here: World
) -> None:
    page.get(vote_url(here))
    ballot = Ballot.objects.get()
    case_withdraw(
        case=ballot.comparison.case_version.case, by=here.study.created_by, reason="Asked."
    )
    data = {"ballot": str(ballot.uuid), "attempt": 1, "outcome_overall": "tie"}
    page.post(vote_url(here), {**data, "mark": json.dumps(MISSING)})
    assert Highlight.objects.get().note == MISSING["note"]
    assert not errors_marked(study=here.study, origin="human").counts
