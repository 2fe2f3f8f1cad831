"""The workers' tasks, one module per subject.

A module is found because it is here. Its tasks carry names of ``TaskName``; they take ids as
keyword arguments, look at the rows, and return quietly where the work is done: running one twice
changes nothing.
"""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, ParamSpec

from arena.celery import app
from arena.core.queue import TaskName

P = ParamSpec("P")


def task(name: TaskName) -> Callable[[Callable[P, Any]], Any]:
    """Register a function under ``name``, with the one policy all tasks share.

    A message is acknowledged when the work is done, so that a broker with a memory rings again
    for a worker that died; results are rows, never messages.
    """
    return app.task(name=name.value, acks_late=True, ignore_result=True)  # type: ignore[no-any-return]


def discover() -> None:
    """Import every module of this package, which registers its tasks."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
