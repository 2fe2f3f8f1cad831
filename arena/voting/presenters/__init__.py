"""Presenters: how a record of an output kind is shown. One kind is one module of this package.

A module is found because it is here and defines ``PRESENTER``; beside it there is one template,
``frontend/templates/voting/kinds/<key>.html``. Nothing else has to be edited.
"""

import importlib
import pkgutil
from functools import cache

from arena.voting.presenters.base import Presenter

__all__ = ["Presenter", "presenter_for", "presenters"]


@cache
def presenters() -> dict[str, Presenter]:
    """Every presenter by the key of its output kind."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {m.PRESENTER.key: m.PRESENTER for m in found if hasattr(m, "PRESENTER")}


def presenter_for(key: str) -> Presenter:
    """The presenter of kind ``key``; raises ``KeyError`` that lists the known ones."""
    if key not in presenters():
        raise KeyError(f"No presenter for {key!r}; there are: {', '.join(presenters())}.")
    return presenters()[key]
