"""Every bell has somebody who answers it, and the web process knows nothing of the workers."""

import subprocess
import sys

from arena.celery import app
from arena.core.queue import TaskName
from arena.generations.adapters import CATALOGUE
from workers import tasks
from workers.adapters import registry


def test_every_task_name_has_a_task() -> None:
    tasks.discover()
    assert {name.value for name in TaskName} <= set(app.tasks)


def test_every_scheduled_task_exists() -> None:
    tasks.discover()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_the_catalogue_of_adapters_is_the_registry() -> None:
    assert sorted(info.name for info in CATALOGUE.values() if info.resource) == registry.names()


def test_the_web_process_imports_neither_workers_nor_models() -> None:
    code = (
        "import django; django.setup(); import arena.urls, arena.celery, sys;"
        "print([m for m in ('workers', 'torch', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
