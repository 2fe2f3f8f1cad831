"""`python -m evaluation counts` and `pool`: votes stay, counts leave."""

from __future__ import annotations

import json

import pytest

from evaluation.cli import main
from tests.evaluation.examples import simulated


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    output = capsys.readouterr()
    return code, output.out, output.err


def written(path, votes, prefix=""):
    label = ("model_a", "tie", "model_b")
    rows = [
        f"{votes.names[a]},{votes.names[b]},{label[o]},{prefix}r{r},{prefix}c{c}"
        for a, b, o, r, c in zip(
            votes.model_a, votes.model_b, votes.outcome, votes.rater, votes.case, strict=True
        )
    ]
    path.write_text("\n".join(["model_a,model_b,winner,rater,case", *rows]), encoding="utf-8")
    return path


def test_two_sites_pooled_are_one_file_of_all_votes(capsys, tmp_path):
    sites = {name: simulated(6, 20, seed=seed) for seed, name in enumerate(("north", "south"))}
    for name, votes in sites.items():
        path = written(tmp_path / f"{name}.csv", votes)
        (tmp_path / f"{name}.json").write_text(run(capsys, "counts", path)[1], encoding="utf-8")
    both = [
        written(tmp_path / name, votes, prefix=name).read_text(encoding="utf-8").splitlines()
        for name, votes in sites.items()
    ]
    together = tmp_path / "together.csv"
    together.write_text("\n".join([*both[0], *both[1][1:]]), encoding="utf-8")
    files = [tmp_path / f"{name}.json" for name in sites]
    code, pooled, _ = run(capsys, "pool", *files, "--format", "json")
    assert code == 0
    assert json.loads(pooled) == json.loads(run(capsys, "rate", together, "--format", "json")[1])
    assert "clustered by rater and by case" in run(capsys, "pool", *files)[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "Expecting property name"), ('{"names": ["A"]}', "not counts of votes")],
)
def test_a_file_that_is_no_counts_is_refused_by_name(capsys, tmp_path, text, said):
    path = tmp_path / "site.json"
    path.write_text(text, encoding="utf-8")
    code, _, error = run(capsys, "pool", path)
    assert code == 1
    assert "site.json" in error and said in error
    assert run(capsys, "pool", tmp_path / "nowhere.json")[0] == 1
