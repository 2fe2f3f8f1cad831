"""What a presenter has to do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from evaluation.kinds import CaseFacts
from evaluation.kinds.base import Record

AssetUrl = Callable[[str], str]

FIGURES = ("css/figures.css",)
PLOTS = ("css/charts.css", "css/figures.css")
VIEWED = ("css/charts.css", "css/figures.css", "css/viewers.css")
"""Stylesheets of kinds that are more than words and tables; a ballot of text loads none of them."""


@dataclass(frozen=True)
class Shown:
    """What a presenter may know: one valid record, the other side's (if valid), and the case.

    It gets no generation, no system and no times, so it cannot give them away.
    """

    record: Record
    other: Record | None
    case: CaseFacts
    asset_url: AssetUrl


@dataclass(frozen=True)
class StoredFile:
    """A file that came with the output, by what its record knows of it."""

    sha256: str
    gain: float = 1.0
    """Of a sound: the share of its loudness at which both sides are equally loud."""
    window: tuple[float, float] | None = None
    """Of an array: the numbers shown in black and in white."""


class Presenter(Protocol):
    """A base class as well: most kinds need only ``key``, ``template`` and ``data``."""

    key: ClassVar[str]
    """Of the output kind."""
    template: ClassVar[str]
    """Below frontend/templates; its context is ``data`` and ``side``."""
    styles: ClassVar[tuple[str, ...]] = ()
    """Stylesheets the template needs beside those of every ballot: see above."""
    contains_case: ClassVar[bool] = False
    """Whether a pane shows the case itself, so that the case pane may begin folded."""

    def data(self, shown: Shown) -> dict[str, Any]:
        """What the pane shows, as JSON; the API gives raters the same."""

    def asset(self, shown: Shown, name: str) -> bytes | StoredFile | None:
        """The file ``name`` that ``data`` refers to: made now, or as it came with the output."""
        return None
