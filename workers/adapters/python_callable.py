"""A Python function of one's own as a system: ``my_package.my_module:answer``.

The function takes an ``Ask`` and returns a record, or an ``Answer`` where files go along. Only
functions and modules the operator has listed in ``CONSILIUM_CALLABLES`` are called: a name typed
into a form must not run just any code. They run confined (see ``workers.sandbox``).
"""

import hashlib
import importlib
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workers.adapters.base import Adapter, AdapterError, Answer, Ask
from workers.adapters.sandboxed import Sandboxed


class PythonCallable(Sandboxed):
    """``callable``: module and function, as in ``my_package.my_module:answer``."""

    place = "workers.adapters.python_callable:Function"

    def load(self) -> None:
        name = str(self.config["callable"])
        if not {name, name.partition(":")[0]} & allowed():
            problem = (
                f"{name} is not listed in CONSILIUM_CALLABLES on this worker: its operator may "
                "list the function, or its whole module."
            )
            raise AdapterError(problem, failure="rejected_by_policy")
        super().load()
        self.own_code = f"{name}@{self.identity()['source_sha256']}"


class Function(Adapter):
    """The same on the confined side, where the function is imported."""

    _function: Callable[[Ask], Any]

    def load(self) -> None:
        module, _, attribute = str(self.config["callable"]).partition(":")
        found = getattr(importlib.import_module(module), attribute, None)
        if not callable(found):
            problem = f"{module} has no function {attribute!r}."
            raise AdapterError(problem, failure="rejected_by_policy")
        self._function = found

    def identity(self) -> dict[str, Any]:
        """The module's text is part of it: a function that was changed is another one."""
        source = inspect.getsourcefile(sys.modules[self._function.__module__])
        digest = hashlib.sha256(Path(source).read_bytes()).hexdigest() if source else ""
        return {"source_sha256": digest}

    def answer(self, ask: Ask) -> Answer:
        found = self._function(ask)
        if isinstance(found, Answer):
            return found
        if not isinstance(found, dict):
            problem = f"The function returned a {type(found).__name__}, which is no record."
            raise AdapterError(problem, failure="invalid_output")
        return Answer(found)


def allowed() -> set[str]:
    words = os.environ.get("CONSILIUM_CALLABLES", "").split(",")
    return {word.strip() for word in words if word.strip()}
