"""Output kinds: what a system may answer with. One kind is one module of this package.

A module is found because it is here and defines ``KIND``; nothing else has to be edited.
"""

import importlib
import pkgutil
from functools import cache

from evaluation.kinds.base import CaseFacts, OutputKind, RecordError

__all__ = ["CaseFacts", "OutputKind", "RecordError", "kind_for", "kinds"]


@cache
def kinds() -> dict[str, OutputKind]:
    """Every output kind by its key, in alphabetical order."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name != "base")
    found = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {m.KIND.key: m.KIND for m in found if hasattr(m, "KIND")}


def kind_for(key: str) -> OutputKind:
    """The output kind named ``key``; raises ``KeyError`` that lists the known ones."""
    if key not in kinds():
        raise KeyError(f"No output kind {key!r}; there are: {', '.join(kinds())}.")
    return kinds()[key]
