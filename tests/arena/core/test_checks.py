"""What `manage.py check` says of settings that would go wrong later."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PRODUCTION = {
    "CONSILIUM_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "CONSILIUM_SITE_URL": "https://arena.example.org",
    "CONSILIUM_HOSTS": "arena.example.org",
    "CONSILIUM_DATABASE_URL": "postgresql://arena:arena@127.0.0.1/arena",
    "CONSILIUM_REDIS_URL": "redis://127.0.0.1:6379/0",
}


def check(folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """`check --deploy` in a fresh process: settings are read from the environment once."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("CONSILIUM_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=ours | PRODUCTION | {"CONSILIUM_DATA_DIR": str(folder)} | changes,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_production_environment_is_clean(tmp_path: Path) -> None:
    done = check(tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"CONSILIUM_SITE_URL": "http://arena.example.org"}, "consilium.W001"),
        ({"CONSILIUM_HOSTS": "*"}, "consilium.W002"),
        ({"CONSILIUM_REDIS_URL": ""}, "consilium.W003"),
        ({"CONSILIUM_DATABASE_URL": "sqlite:///arena.db"}, "consilium.W004"),
        (
            {"CONSILIUM_EMAIL_VERIFICATION": "sometimes"},
            "must be one of: optional, mandatory, none",
        ),
        ({"CONSILIUM_DEBUG": "1"}, "security.W018"),
        ({"CONSILIUM_SECRET_KEY": "short"}, "security.W009"),
    ],
)
def test_an_insecure_setting_is_told(tmp_path: Path, changes: dict[str, str], told: str) -> None:
    done = check(tmp_path, **changes)
    assert done.returncode == 1
    assert told in done.stderr
