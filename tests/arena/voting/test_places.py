"""Regions marked on slices of a volume: stored with plane, slice and millimetres, or refused."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from arena.core.errors import UserError
from arena.exports.data import export_data
from arena.exports.formats import files_of
from arena.studies.formats import case_facts
from arena.voting.answers import Mark, marks_checked
from arena.voting.models import Ballot, Highlight, Vote
from arena.voting.places import region_told
from tests.arena.voting.world import World
from tests.inputs.test_volume_masks import lesions
from tests.inputs.volumes import nifti
from tests.inputs.world import world_of

VOLUME = {"shape": [20, 16, 12], "spacing_mm": [1.0, 1.5, 2.0]}
REGION = {"x": 2.0, "y": 4.0, "width": 6.0, "height": 2.0, "plane": "axial", "slice": 3}


def checked(region: dict[str, Any], volume: dict[str, Any] | None = None) -> dict[str, Any]:
    given = VOLUME if volume is None else volume
    (mark,) = marks_checked([Mark("left", region=region)], volume=lambda: given)
    return dict(mark["region"])


@pytest.mark.parametrize(
    ("plane", "millimetres"),
    [
        ("axial", {"x": 2.0, "y": 6.0, "width": 6.0, "height": 3.0, "slice": 6.0}),
        ("coronal", {"x": 2.0, "y": 8.0, "width": 6.0, "height": 4.0, "slice": 4.5}),
        ("sagittal", {"x": 3.0, "y": 8.0, "width": 9.0, "height": 4.0, "slice": 3.0}),
    ],
)
def test_millimetres_follow_the_axes_of_the_plane(
    plane: str, millimetres: dict[str, float]
) -> None:
    assert checked({**REGION, "plane": plane}) == {**REGION, "plane": plane, "mm": millimetres}


@pytest.mark.parametrize(
    ("spacing", "region", "told"),
    [
        ((0.5, 2.0), {}, ("12.0 × 1.0 mm", "4.0, 2.0 mm")),
        ((0.00025, 0.00025), {"width": 375.0, "height": 500.0}, ("94 × 125 µm", "0, 1 µm")),
        ((0.0005, 0.0005), {"width": 4000.0, "y": 3.0e4}, ("2.00 × 0.00 mm", "0.00, 15.00 mm")),
        ((1.0, 1.5, 2.0), {"plane": "sagittal"}, ("9.0 × 4.0 mm", "3.0, 8.0 mm")),
        (None, {}, None),
    ],
)
def test_a_region_is_told_as_large_as_it_is(
    spacing: tuple[float, ...] | None, region: dict[str, Any], told: tuple[str, str] | None
) -> None:
    """Rows and columns of an image, axes of a volume; micrometres where pixels are that fine."""
    flat = {name: value for name, value in REGION.items() if name not in {"plane", "slice"}}
    found = region_told({**flat, **region}, spacing)
    assert found == ({"size": told[0], "place": told[1]} if told else {})


def test_without_spacing_a_region_has_no_millimetres() -> None:
    assert checked(REGION, {**VOLUME, "spacing_mm": None})["mm"] is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"slice": 12}, "Slice 12 is not in this volume: its axial slices are 0 to 11."),
        ({"plane": "sagittal", "slice": 20}, "its sagittal slices are 0 to 19"),
        ({"slice": None}, "needs plane and slice; slice is missing"),
        ({"plane": None}, "needs plane and slice; plane is missing"),
        ({"x": 20.0}, "beside its slice of 20 × 16 pixels: mend x."),
        ({"y": -4.0, "height": 4.0}, "mend y + height"),
        ({"width": 0.0}, "mend width"),
        ({"depth": 1.0}, "A region has no 'depth'"),
        ({"x": float("nan")}, "each a finite number"),
    ],
)
def test_a_faulty_place_is_refused_by_what_is_wrong_with_it(
    changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(UserError) as refused:
        checked({**REGION, **changes})
    assert told in str(refused.value)


def test_an_image_has_no_slices() -> None:
    with pytest.raises(UserError, match="This case is no volume"):
        checked(REGION, {})


def test_a_mark_of_before_without_a_slice_stays_valid_and_asks_nothing_of_the_case() -> None:
    flat = {name: REGION[name] for name in ("x", "y", "width", "height")}

    def asked() -> dict[str, Any]:
        raise AssertionError("the case was asked")

    (mark,) = marks_checked([Mark("left", region=flat)], volume=asked)
    assert mark["region"] == flat


@pytest.fixture
def here(tmp_path: Path) -> World:
    (tmp_path / "scan.nii.gz").write_bytes(nifti())
    return world_of("volume", tmp_path, output_kind="mask", records=(lesions(), lesions(1)))


def send(page: Client, here: World, *regions: dict[str, Any]) -> Any:
    url = reverse("vote", args=[here.study.slug])
    page.force_login(here.rater)
    page.get(url)
    ballot = Ballot.objects.get(status="open")
    marks = [{"side": "left", "error_type": "location", "region": region} for region in regions]
    data = {"ballot": str(ballot.uuid), "attempt": ballot.attempt, "outcome_overall": "tie"}
    return page.post(url, {**data, "mark": [json.dumps(mark) for mark in marks]})


@pytest.mark.django_db
def test_a_mark_on_a_slice_is_stored_undone_and_sent_again(client: Client, here: World) -> None:
    assert send(client, here, REGION).status_code == 302
    stored = Highlight.objects.get().region
    assert (stored["plane"], stored["slice"], stored["mm"]["slice"]) == ("axial", 3, 6.0)
    uuid = str(Ballot.objects.get(status="voted").uuid)
    client.post(reverse("vote-undo", args=[here.study.slug]), {"ballot": uuid})
    response = client.get(reverse("vote", args=[here.study.slug]))
    assert "Axial slice 4: region of 6.0 × 3.0 mm at 2.0, 6.0 mm" in response.content.decode()
    left, _ = response.context["sides"]
    again = json.loads(left["marks"][0]["json"])["region"]
    assert again == REGION, "as it was sent, so that it can be sent again"
    assert send(client, here, again).status_code == 302


@pytest.mark.django_db
def test_a_slice_beyond_the_volume_is_said_and_nothing_is_stored(
    client: Client, here: World
) -> None:
    response = send(client, here, {**REGION, "slice": 12})
    assert response.status_code == 422
    assert "Slice 12 is not in this volume" in response.content.decode()
    assert not Vote.objects.exists()


@pytest.mark.django_db
def test_the_case_is_asked_once_however_many_marks_there_are(
    client: Client, here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        "arena.voting.vote_store.case_facts", lambda v: asked.append(v) or case_facts(v)
    )
    send(client, here, REGION, {**REGION, "slice": 5}, {**REGION, "plane": "coronal"})
    assert Highlight.objects.count() == 3
    assert len(asked) == 1


@pytest.mark.django_db
def test_an_export_tells_plane_slice_and_millimetres_and_what_they_mean(
    client: Client, here: World
) -> None:
    send(client, here, REGION)
    vote = Vote.objects.get()
    data = export_data(study=here.study, protocol=here.protocol, origin="human", last_vote=vote.pk)
    files = files_of("votes-csv", data)
    (row,) = csv.DictReader(io.StringIO(files["highlights.csv"].decode()))
    assert (row["plane"], row["slice"], row["x"], row["slice_mm"]) == ("axial", "3", "2.0", "6.0")
    assert row["height_mm"] == "3.0"
    meanings = {
        each["column"]: each
        for each in csv.DictReader(io.StringIO(files["highlights-columns.csv"].decode()))
    }
    assert "from 0 at the feet" in meanings["slice"]["meaning"]
    assert meanings["slice_mm"]["unit"] == "mm"
