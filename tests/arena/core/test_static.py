"""Static files as production serves them."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_collectstatic_gives_every_file_a_hashed_name(tmp_path: Path) -> None:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "arena.settings"}
    env |= {"CONSILIUM_DATA_DIR": str(tmp_path), "CONSILIUM_STATIC_DIR": str(tmp_path / "static")}
    done = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr
    names = json.loads((tmp_path / "static" / "staticfiles.json").read_text())["paths"]
    folder = ROOT / "frontend/static"
    ours = {p.relative_to(folder) for p in folder.rglob("*.*") if p.is_file()}
    assert {path.as_posix() for path in ours} <= set(names)
