"""Outputs of every kind come in by the record alone, from CSV and from JSON Lines."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from arena.generations.models import Generation
from arena.generations.services import outputs_import
from evaluation.kinds import kind_for, kinds
from evaluation.kinds.files import files_named
from tests.arena.voting.world import NAMES, system, world
from tests.kinds_examples import examples, files_of

pytestmark = pytest.mark.django_db


def beside_its_files(table: Path, record: dict[str, Any]) -> Path:
    """The table itself; where its record names files, the folder that holds both."""
    files = files_of(record)
    for name, data in files.items():
        (table.parent / name).write_bytes(data)
    return table.parent if files else table


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_one_row_of_csv_and_one_of_json_lines(kind: str, tmp_path: Path) -> None:
    here = world(kind, n_cases=1, n_systems=0)
    example = examples()[kind]
    one, two = example.records[:2]
    table, lines = tmp_path / "one" / "one.csv", tmp_path / "two" / "two.jsonl"
    table.parent.mkdir()
    lines.parent.mkdir()
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([["case", "record"], ["case-0", json.dumps(one)]])
    lines.write_text(json.dumps({"case": "case-0", "record": two}) + "\n")
    sources = [beside_its_files(table, one), beside_its_files(lines, two)]
    for name, path in zip(NAMES, sources, strict=False):
        held = system(here.study, here.study.created_by, name)
        slug = held.version.system.slug
        by = here.study.created_by
        assert outputs_import(study=here.study, by=by, system_slug=slug, path=path) == 1
    stored = list(Generation.objects.order_by("pk"))
    valid = [kind_for(kind).validate(record, example.facts) for record in (one, two)]
    assert [row.record for row in stored] == valid
    for row, record in zip(stored, valid, strict=True):
        digests = {named["sha256"] for named in files_named(record)}
        assert set(row.files.values_list("digest", flat=True)) == digests
