"""Errors told apart by who they are for."""

from collections.abc import Sequence
from dataclasses import dataclass


class UserError(Exception):
    """What went wrong and what to do, in one sentence meant for the person at the screen.

    Anything else that escapes is a fault of ours and keeps its traceback.
    """


@dataclass
class RowError(UserError):
    """A fault in an imported file, at a place its owner can find."""

    problem: str
    file: str
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column:
            place.append(f"column {self.column!r}")
        return f"{', '.join(place)}: {self.problem}"


@dataclass
class ColumnError(RowError):
    """A fault of the columns as such: to be mended by saying what the file calls them."""


class FaultsError(UserError):
    """Several faults of one import; nothing of it was stored.

    ``faults`` holds the first of them, ``total`` counts all.
    """

    def __init__(self, faults: Sequence[RowError], total: int) -> None:
        self.faults, self.total = tuple(faults), total
        super().__init__("; ".join(self.lines))

    @property
    def of_columns(self) -> bool:
        """Whether all that is wrong is what the file calls its columns."""
        return all(isinstance(fault, ColumnError) for fault in self.faults)

    @property
    def lines(self) -> list[str]:
        """How many there are, then each in a line of its own, then how many are not told."""
        more = self.total - len(self.faults)
        told = [str(fault) for fault in self.faults]
        return [
            f"{self.total:,} faults were found, and nothing was stored",
            *told,
            *([f"and {more:,} more"] if more else []),
        ]


def in_lines(error: UserError) -> str:
    """For a terminal: one line for each fault."""
    return "\n".join(error.lines) if isinstance(error, FaultsError) else str(error)
