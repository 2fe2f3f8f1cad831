"""`evaluation` runs where there is nothing but Python, numpy and scipy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Refuses every package that is neither Python's own, nor ours, nor one of the two we need.
ALONE = """
import json, sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        first = name.partition(".")[0]
        known = first in sys.stdlib_module_names or first in {"numpy", "scipy", "evaluation"}
        if not known and not first.startswith("_"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Nothing())
sys.path.insert(0, ROOT)
from evaluation.cli import main
for arguments in json.loads(sys.argv[1]):
    print(json.dumps([arguments[0], main(arguments)]))
"""
COMMANDS = [
    ["rate", "FILE", "--format", "json"],
    ["elo", "FILE", "--format", "json"],
    ["winrate", "FILE", "--format", "json"],
    ["position", "FILE", "--format", "json"],
    ["agree", "FILE", "--unit", "case", "--rater", "rater", "--value", "winner"],
    ["plan", "--systems", "5", "--win-share", "0.6"],
    ["counts", "FILE"],
    ["rate", "votes.parquet"],
]
VOTES = """model_a,model_b,winner,rater,case
A,B,model_a,r1,c1
A,B,tie,r2,c1
B,C,both_bad,r1,c2
C,A,model_b,r2,c2
C,A,model_a,r1,c3
B,A,model_a,r2,c3
"""


@pytest.mark.slow
def test_every_command_runs_on_numpy_and_scipy_alone(tmp_path: Path) -> None:
    (tmp_path / "FILE").write_text(VOTES, encoding="utf-8")
    (tmp_path / "votes.parquet").write_bytes(b"PAR1")
    program = ALONE.replace("ROOT", repr(str(ROOT)))
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(COMMANDS)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    for command in COMMANDS[:-1]:
        assert json.dumps([command[0], 0]) in done.stdout, done.stderr
    assert json.dumps(["rate", 1]) in done.stdout
    assert "pyarrow" in done.stderr, "Parquet alone asks for its reader"
    assert "Traceback" not in done.stderr
