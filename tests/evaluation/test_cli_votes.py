"""`python -m evaluation rate`, `elo`, `winrate` and `position` on files."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from evaluation.cli import main
from evaluation.rating import rate
from evaluation.reading import read_votes

HEADER = "model_a,model_b,winner,rater,case,weight"
ROWS = [
    "A,B,model_a,r1,c1,1",
    "A,B,tie,r2,c1,1",
    "B,C,both_bad,r1,c2,1",
    "C,A,model_b,r2,c2,1",
    "C,A,tie (bothbad),r1,c3,1",
    "B,A,model_a,r2,c3,1",
]


@pytest.fixture
def votes_file(tmp_path):
    def write(rows=ROWS, header=HEADER, name="votes.csv"):
        path = tmp_path / name
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    return write


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    output = capsys.readouterr()
    return code, output.out, output.err


def test_rate_prints_the_json_of_the_contract(capsys, votes_file):
    code, out, _ = run(capsys, "rate", votes_file(), "--format", "json")
    result = json.loads(out)
    assert code == 0
    assert (result["n_votes"], result["n_raters"], result["n_cases"]) == (6, 2, 3)
    assert result["components"] == [["A", "B", "C"]]
    assert result["systems"][0]["name"] == "A"
    assert any("too few raters for inference" in text for text in result["warnings"])


def test_the_command_line_agrees_with_the_function_to_the_last_digit(capsys, votes_file):
    path = votes_file()
    _, out, _ = run(capsys, "rate", path, "--format", "json", "--interval", "vote")
    assert json.loads(out) == rate(read_votes(path), interval="vote").to_dict()


def test_the_table_shows_systems_and_warnings(capsys, votes_file):
    code, out, _ = run(capsys, "rate", votes_file())
    assert code == 0
    assert out.splitlines()[2].split() == ["system", "votes", "rating", "lower", "upper", "rank"]
    assert "! too few raters for inference" in out


def test_an_unknown_label_names_file_row_and_column(capsys, votes_file):
    path = votes_file([*ROWS[:2], "B,C,draw,r1,c2,1"])
    code, out, err = run(capsys, "rate", path)
    assert (code, out) == (1, "")
    assert err.startswith(f"{path}, row 3 (line 4), column winner: unknown label 'draw'; use one")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("rows", "header", "text"),
    [
        (["A,A,tie,r1,c1,1"], HEADER, "row 1 (line 2), column model_b: a system cannot meet"),
        (["A,B,tie,,c1,1"], HEADER, "row 1 (line 2), column rater: is empty."),
        (["A,B,tie,r1,c1,x"], HEADER, "row 1 (line 2), column weight: 'x' is not a number."),
        (["A,B,tie,r1,c1,-1"], HEADER, "row 1 (line 2), column weight: the weight is negative."),
        (["A,B,tie"], HEADER, "row 1 (line 2): has 3 cells, the header has 6."),
        ([], HEADER, ": has no rows."),
        (["A,B"], "model_a,model_b", "column winner: is missing; the file has model_a, model_b."),
    ],
)
def test_unusable_files_are_refused_in_one_sentence(capsys, votes_file, rows, header, text):
    code, _, err = run(capsys, "rate", votes_file(rows, header))
    assert code == 1
    assert text in err


def test_a_missing_file_is_refused(capsys, tmp_path):
    code, _, err = run(capsys, "rate", tmp_path / "none.csv")
    assert code == 1
    assert "none.csv: cannot be read: No such file" in err


def test_a_row_after_a_cell_with_a_line_break_is_found_by_its_line(capsys, votes_file):
    path = votes_file(['A,B,tie,"r\n1",c1,1', "A,B,none,r2,c1,1"])
    _, _, err = run(capsys, "rate", path)
    assert "row 2 (line 4), column winner" in err


def test_columns_can_have_other_names(capsys, votes_file):
    path = votes_file(["x,y,left", "y,x,left", "x,y,right_slightly"], "one,two,choice")
    columns = "model_a=one,model_b=two,winner=choice"
    code, out, _ = run(capsys, "rate", path, "--columns", columns, "--format", "json")
    assert code == 0
    assert json.loads(out)["n_votes"] == 3


def test_a_named_column_that_is_absent_is_an_error(capsys, votes_file):
    code, _, err = run(capsys, "rate", votes_file(), "--columns", "winner=choice")
    assert code == 1
    assert "column choice: is missing" in err


def test_five_step_labels_and_a_strength_column_mean_the_same(tmp_path):
    steps = tmp_path / "steps.csv"
    steps.write_text("model_a,model_b,winner\nA,B,left_strongly\nB,A,right_slightly\n")
    split = tmp_path / "split.csv"
    split.write_text(
        "model_a,model_b,winner,strength\nA,B,model_a,strongly\nB,A,model_b,slightly\n"
    )
    one, two = read_votes(steps), read_votes(split)
    assert one.outcome.tolist() == two.outcome.tolist() == [0, 2]
    assert one.strength.tolist() == two.strength.tolist() == [2, 1]


def test_json_lines_tab_separated_and_parquet_give_the_same_result(capsys, votes_file, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    records = [dict(zip(HEADER.split(","), row.split(","), strict=True)) for row in ROWS]
    (tmp_path / "v.jsonl").write_text("\n".join(json.dumps(record) for record in records))
    (tmp_path / "v.tsv").write_text("\n".join([HEADER, *ROWS]).replace(",", "\t"))
    parquet.write_table(pyarrow.Table.from_pylist(records), tmp_path / "v.parquet")
    paths = [votes_file(), *(tmp_path / f"v.{kind}" for kind in ("jsonl", "tsv", "parquet"))]
    outputs = {run(capsys, "rate", path, "--format", "json")[1] for path in paths}
    assert len(outputs) == 1


def test_a_line_that_is_not_json_is_named(capsys, tmp_path):
    path = tmp_path / "v.jsonl"
    path.write_text('{"model_a": "A"}\n{oops\n')
    code, _, err = run(capsys, "rate", path)
    assert code == 1
    assert "row 2 (line 2): is not JSON" in err


def test_one_criterion_can_be_chosen(capsys, votes_file):
    header = "model_a,model_b,winner,criterion"
    rows = ["A,B,model_a,safety", "A,B,model_b,safety", "A,B,model_a,clarity"]
    path = votes_file(rows, header)
    _, out, _ = run(capsys, "rate", path, "--criterion", "safety", "--format", "json")
    assert json.loads(out)["n_votes"] == 2
    _, out, _ = run(capsys, "rate", path, "--format", "json")
    assert "votes on 2 criteria are pooled" in json.loads(out)["warnings"]
    code, _, err = run(capsys, "rate", path, "--criterion", "style")
    assert code == 1
    assert "no criterion 'style'; the file has clarity, safety" in err


@pytest.mark.parametrize("ties", ["davidson", "rao-kupper"])
def test_models_with_ties_report_their_parameter(capsys, votes_file, ties):
    _, out, _ = run(capsys, "rate", votes_file(), "--ties", ties, "--format", "json")
    assert json.loads(out)["tie_parameter"] > 0


def test_elo_follows_the_order_of_the_file(capsys, votes_file):
    path = votes_file(["A,B,model_a", "A,B,model_a"], "model_a,model_b,winner")
    code, out, _ = run(capsys, "elo", path, "--k", 32, "--format", "json")
    first = 1000 + 32 * 0.5
    expected = first + 32 * (1 - 1 / (1 + 10 ** ((2000 - 2 * first) / 400)))
    assert code == 0
    assert json.loads(out)["systems"][0]["rating"] == pytest.approx(expected, rel=1e-11)


def test_winrate_counts_and_averages_over_opponents(capsys, votes_file):
    rows = ["A,B,model_a", "A,B,model_a", "A,B,tie", "A,C,model_b"]
    path = votes_file(rows, "model_a,model_b,winner")
    _, out, _ = run(capsys, "winrate", path, "--format", "json")
    system = next(s for s in json.loads(out)["systems"] if s["name"] == "A")
    assert (system["wins"], system["ties"], system["losses"]) == (2, 1, 1)
    assert system["win_rate"] == pytest.approx(2.5 / 4)
    assert system["mean_win_rate"] == pytest.approx((2.5 / 3 + 0) / 2)


@pytest.mark.parametrize("command", ["winrate", "position", "elo"])
def test_the_other_commands_print_tables(capsys, votes_file, command):
    code, out, _ = run(capsys, command, votes_file())
    assert code == 0
    assert len(out.splitlines()) > 3


def test_the_module_runs_as_a_program(votes_file):
    command = [sys.executable, "-m", "evaluation", "rate", str(votes_file()), "--format", "json"]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(finished.stdout)["n_votes"] == 6


def test_help_explains_every_command(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    out = capsys.readouterr().out
    assert stop.value.code == 0
    for command in ("rate", "elo", "winrate", "position"):
        assert command in out
