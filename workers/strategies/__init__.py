"""Strategies: ways of asking a registered system more than once, or with something added or taken
away. One strategy is one module of this package.

A module is found because it is here and defines ``STRATEGY``; nothing else has to be edited.
"""

import importlib
import pkgutil
from functools import cache

from workers.strategies.base import Strategy

__all__ = ["Strategy", "strategies", "strategy_class"]


@cache
def strategies() -> dict[str, type[Strategy]]:
    """Every strategy by its key, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {m.STRATEGY.key: m.STRATEGY for m in found if hasattr(m, "STRATEGY")}


def strategy_class(key: str) -> type[Strategy]:
    """The strategy named ``key``; raises ``LookupError`` that lists the known ones."""
    if key not in strategies():
        raise LookupError(f"There is no strategy {key!r}; there are: {', '.join(strategies())}.")
    return strategies()[key]
