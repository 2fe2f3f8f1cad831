"""Masks of volumes: their record, what is wrong with a faulty one, and what a rater is sent."""

import gzip
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from arena.studies.formats import case_facts
from evaluation.kinds import CaseFacts, RecordError, kind_for
from evaluation.kinds.mask import label_volume, mask_of, record_of_volume
from evaluation.kinds.rle import rle_decode, rle_encode, rle_spans, rle_tidy
from tests.inputs.volumes import MARKER, SHAPE, nifti, phantom
from tests.inputs.world import world_of
from workers.parts import parts_of

WIDTH, HEIGHT, DEPTH = SHAPE
FACTS = CaseFacts(width=WIDTH, height=HEIGHT, extra={"depth": DEPTH})
KIND = kind_for("mask")


def lesions(shift: int = 0) -> dict[str, Any]:
    """Two labels that touch; ``shift`` moves one of them towards the head."""
    values = np.zeros((DEPTH, HEIGHT, WIDTH), dtype=np.uint8)
    values[3 + shift : 6 + shift, 4:9, 14:19] = 1
    values[3 + shift : 6 + shift, 9:12, 14:19] = 2
    return record_of_volume(values, {1: "liver", 2: "cyst"})


def test_a_label_volume_and_its_record_are_the_same() -> None:
    record = KIND.validate(lesions(), FACTS)
    assert record == lesions()
    numbers = {"cyst": 7, "liver": 3}
    volume = label_volume(record, numbers)
    assert volume.shape == (DEPTH, HEIGHT, WIDTH)
    assert volume[4, 5, 15] == 3 and volume[4, 10, 15] == 7 and volume[0, 0, 0] == 0
    assert mask_of(record, "liver").sum() == 3 * 5 * 5
    assert (mask_of(record, "cyst") == (volume == 7)).all()


def test_scores_compare_label_by_label() -> None:
    assert KIND.scores(lesions(), lesions(), FACTS) == {"dice": 1.0, "iou": 1.0}
    moved = KIND.scores(lesions(1), lesions(), FACTS)
    assert moved["dice"] == pytest.approx(2 / 3)


def changed(**fields: Any) -> dict[str, Any]:
    return {**lesions(), **fields}


ALL = WIDTH * HEIGHT * DEPTH
FAULTS = [
    ({k: v for k, v in lesions().items() if k != "depth"}, "depth: is missing"),
    (changed(depth=DEPTH + 1), "depth: is 13, but the volume has 12"),
    (changed(width=3), "width: is 3, but the volume has 20"),
    (changed(objects=[{"label": "x", "counts": [5]}]), "sum to 5; 20 × 16 × 12 are 3,840"),
    (
        changed(objects=[{"label": n, "counts": [10, 5, ALL - 15]} for n in ("a", "b")]),
        r"objects\[1\].counts: covers voxels that another label has",
    ),
    (
        changed(objects=[{"label": str(n), "counts": [ALL]} for n in range(121)]),
        "objects: are 121; at most 120 fit a volume",
    ),
]


@pytest.mark.parametrize(("record", "message"), FAULTS, ids=lambda value: str(value)[:30])
def test_a_mask_that_does_not_fit_the_volume_names_the_field(
    record: dict[str, Any], message: str
) -> None:
    with pytest.raises(RecordError, match=message):
        KIND.validate(record, FACTS)


def test_a_flat_image_takes_no_deep_mask() -> None:
    with pytest.raises(RecordError, match="depth: is not a known field"):
        KIND.validate(lesions(), CaseFacts(width=WIDTH, height=HEIGHT))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12).filter(lambda runs: sum(runs) > 0))
def test_tidy_runs_are_those_of_the_mask(runs: list[int]) -> None:
    mask = rle_decode(runs, width=sum(runs), height=1)
    assert rle_tidy(runs) == rle_encode(mask)
    starts, ends = rle_spans(rle_tidy(runs))
    assert [(int(s), int(e)) for s, e in zip(starts, ends, strict=True)] == stretches(mask[0])


def stretches(row: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


@pytest.mark.django_db
def test_the_two_sides_are_sent_alike_and_number_labels_alike(
    tmp_path: Path, client: Client
) -> None:
    (tmp_path / "scan.nii.gz").write_bytes(nifti())
    only_liver = {**lesions(2), "objects": lesions(2)["objects"][:1]}
    here = world_of("volume", tmp_path, output_kind="mask", records=(lesions(), only_liver))
    client.force_login(here.rater)
    ballot = client.post(reverse("api-ballots", args=[here.study.slug])).json()
    sent = [client.get(ballot[side]["data"]["labels_url"]) for side in ("left", "right")]
    assert [r.status_code for r in sent] == [200, 200]
    headers = [{k: v for k, v in r.headers.items() if k != "Vary"} for r in sent]
    assert headers[0] == headers[1]
    assert all(len(r.content) % 4096 == 0 for r in sent)
    volumes = [np.frombuffer(gzip.decompress(r.content), np.uint8) for r in sent]
    assert {v.size for v in volumes} == {WIDTH * HEIGHT * DEPTH}
    assert sorted([sorted(set(v.tolist())) for v in volumes]) == [[0, 1, 2], [0, 2]]
    assert ballot["left"]["data"]["volume"]["url"] == ballot["right"]["data"]["volume"]["url"]
    html = client.get(reverse("vote", args=[here.study.slug])).content.decode()
    assert html.count("0.225 ml") == 2 and html.count("0.135 ml") == 1


@pytest.mark.django_db
def test_what_a_system_marks_in_the_file_it_was_sent_lies_where_it_marked_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "scan.nii.gz").write_bytes(nifti(axes="LPS"))
    here = world_of("volume", tmp_path, output_kind="mask", records=(lesions(), lesions(1)))
    (sent,) = [part for part in parts_of(here.cases[0]) if part.name == "volume"]
    values = np.asarray(nib.Nifti1Image.from_bytes(gzip.decompress(sent.data)).dataobj)
    marked = (values == MARKER).transpose(2, 1, 0).astype(np.uint8)
    record = KIND.validate(record_of_volume(marked, {1: "marker"}), case_facts(here.cases[0]))
    assert (mask_of(record, "marker") == (phantom() == MARKER).transpose(2, 1, 0)).all()
