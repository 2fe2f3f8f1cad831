"""`python -m evaluation agree` as its users meet it."""

import json

import pytest

from evaluation.cli import main
from tests.evaluation.agreement_examples import TWELVE_UNITS, by_rater


@pytest.fixture
def ratings_csv(tmp_path):
    rows = zip(*by_rater(TWELVE_UNITS), strict=True)
    lines = [f"{unit},{rater},{'' if value is None else value}" for unit, rater, value in rows]
    path = tmp_path / "ratings.csv"
    path.write_text("\n".join(["case,reader,grade", *lines]))
    return path


def run(path, *options):
    return main(["agree", str(path), "--unit=case", "--rater=reader", "--value=grade", *options])


def test_json_carries_every_coefficient_and_the_prevalence(ratings_csv, capsys):
    assert run(ratings_csv, "--level=ordinal", "--format=json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["krippendorff_alpha"]["value"] == pytest.approx(0.8153875038)
    assert facts["cohen"]["value"] is None
    assert facts["n_missing"] == 7
    assert facts["prevalence"][2] == {"category": 3, "count": 11, "share": pytest.approx(11 / 41)}


def test_the_table_names_level_intervals_and_reasons(ratings_csv, capsys):
    assert run(ratings_csv) == 0
    text = capsys.readouterr().out
    assert "41 ratings of 12 units by 4 raters" in text
    assert "krippendorff_alpha     0.743" in text
    assert "read Conger" in text
    assert "note: 7 rows without a value are left out" in text


def test_intervals_over_raters_are_asked_for_and_named(ratings_csv, capsys):
    assert run(ratings_csv, "--over=both") == 0
    text = capsys.readouterr().out
    assert "intervals speak of other units and other raters" in text
    assert "needs 5 raters or more, here are 4" in text


def test_a_repeated_rating_is_an_error_with_its_line(tmp_path, capsys):
    path = tmp_path / "ratings.csv"
    path.write_text("case,reader,grade\nA,anna,1\nA,anna,2\n")
    assert run(path) == 1
    assert "ratings.csv, row 2 (line 3): rater anna already rated unit A in row 1" in (
        capsys.readouterr().err
    )


def test_a_missing_column_is_an_error_that_lists_the_columns(ratings_csv, capsys):
    assert main(["agree", str(ratings_csv), "--unit=id", "--rater=reader", "--value=grade"]) == 1
    assert "column id: is missing; the file has case, reader, grade" in capsys.readouterr().err


def test_an_empty_rater_is_an_error_with_its_row(tmp_path, capsys):
    path = tmp_path / "ratings.jsonl"
    path.write_text('{"case": "A", "reader": "anna", "grade": 1}\n{"case": "A", "grade": 2}\n')
    assert run(path) == 1
    assert "row 2 (line 2), column reader: is empty" in capsys.readouterr().err
