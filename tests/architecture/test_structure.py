"""The shape of the project, kept by tests: who imports whom, sizes, migrations, tasks, schema."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from arena.core.queue import TaskName

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("arena", "evaluation", "workers")
SOURCES = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "migrations" not in path.parts
]
HEAVY = ("torch", "transformers", "skimage", "sklearn", "workers")
MOST_LINES = 400


def run(*command: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, timeout=170
    )


def test_imports_follow_the_layers() -> None:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = run("-c", code, "--no-cache")
    assert done.returncode == 0, done.stdout


def test_the_web_process_imports_neither_models_nor_workers() -> None:
    loaded = f"print(*[name for name in {HEAVY} if name in sys.modules])"
    done = run("-c", f"import sys, django; django.setup(); import arena.urls, arena.asgi; {loaded}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_source_file_is_short_and_finished(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) < MOST_LINES
    assert not re.search(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError", text)


@pytest.mark.parametrize("path", sorted((ROOT / "frontend" / "templates").rglob("*.html")), ids=str)
def test_a_template_has_no_inline_style_or_script(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<style|\sstyle=[\"']|\son[a-z]+=[\"']|javascript:", text)
    for tag in re.findall(r"<script[^>]*>", text):
        assert "src=" in tag or 'type="application/json"' in tag, tag


@pytest.mark.django_db
def test_migrations_match_the_models() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrations_of_different_apps_do_not_form_a_circle() -> None:
    loader = MigrationLoader(None)
    needs: dict[str, set[str]] = {}
    for (app, _), migration in loader.disk_migrations.items():
        needs.setdefault(app, set()).update(a for a, _ in migration.dependencies if a != app)
    settled: set[str] = set()
    while remaining := set(needs) - settled:
        ready = {app for app in remaining if needs[app] <= settled | {"__setting__"}}
        assert ready, f"these apps need each other: {sorted(remaining)}"
        settled |= ready


def test_every_task_that_is_rung_for_exists() -> None:
    code = "from workers.app import app; app.loader.import_default_modules(); print(*app.tasks)"
    done = run("-c", code)
    assert done.returncode == 0, done.stderr
    assert {task.value for task in TaskName} - set(done.stdout.split()) == set()


def test_the_api_is_described_without_a_warning(tmp_path: Path) -> None:
    call_command("spectacular", file=str(tmp_path / "api.yml"), validate=True, fail_on_warn=True)
    assert "/api/v1/studies/{slug}/ballots/" in (tmp_path / "api.yml").read_text()
