"""A Python function of one's own as a system: ``my_package.my_module:answer``.

The function takes an ``Ask`` and returns a record, or an ``Answer`` where files go along. Only
functions the operator has listed in ``CONSILIUM_CALLABLES`` are called: a name typed into a form
must not run just any code.
"""

import importlib
import os
from collections.abc import Callable

from workers.adapters.base import Adapter, AdapterError, Answer, Ask, Record


class PythonCallable(Adapter):
    """``callable``: module and function, as in ``my_package.my_module:answer``."""

    _function: Callable[[Ask], Record | Answer]

    def load(self) -> None:
        name = str(self.config["callable"])
        if name not in allowed():
            problem = f"{name} is not listed in CONSILIUM_CALLABLES on this worker."
            raise AdapterError(problem, failure="rejected_by_policy")
        module, _, attribute = name.partition(":")
        self._function = getattr(importlib.import_module(module), attribute)

    def answer(self, ask: Ask) -> Answer:
        found = self._function(ask)
        return found if isinstance(found, Answer) else Answer(found)


def allowed() -> set[str]:
    words = os.environ.get("CONSILIUM_CALLABLES", "").split(",")
    return {word.strip() for word in words if word.strip()}
