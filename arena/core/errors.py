"""Errors told apart by who they are for."""

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
