"""Outputs of every kind come in by the record alone, from CSV and from JSON Lines."""

import csv
import json
from pathlib import Path

import pytest

from arena.generations.models import Generation
from arena.generations.services import outputs_import
from evaluation.kinds import kind_for, kinds
from tests.arena.voting.world import NAMES, system, world
from tests.kinds_examples import examples

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_one_row_of_csv_and_one_of_json_lines(kind: str, tmp_path: Path) -> None:
    here = world(kind, n_cases=1, n_systems=0)
    example = examples()[kind]
    table, lines = tmp_path / "one.csv", tmp_path / "two.jsonl"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([["case", "record"], ["case-0", json.dumps(example.records[0])]])
    lines.write_text(json.dumps({"case": "case-0", "record": example.records[1]}) + "\n")
    for name, path in zip(NAMES, (table, lines), strict=False):
        held = system(here.study, here.study.created_by, name)
        slug = held.version.system.slug
        by = here.study.created_by
        assert outputs_import(study=here.study, by=by, system_slug=slug, path=path) == 1
    stored = [row.record for row in Generation.objects.order_by("pk")]
    assert stored == [kind_for(kind).validate(r, example.facts) for r in example.records[:2]]
