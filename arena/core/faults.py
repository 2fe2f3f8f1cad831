"""Faults of a file, gathered, so that whoever mends it hears of all at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from arena.core.errors import FaultsError, RowError

MOST_TOLD = 20


class Faults:
    """The first faults in the order they were found, and how many there are in all."""

    def __init__(self) -> None:
        self.first: list[RowError] = []
        self.total = 0

    def add(self, fault: RowError) -> None:
        if len(self.first) < MOST_TOLD:
            self.first.append(fault)
        self.total += 1

    @contextmanager
    def caught(self) -> Iterator[None]:
        """What raises ``RowError`` within ends there; reading goes on behind it."""
        try:
            yield
        except RowError as error:
            self.add(error)

    def refuse(self) -> None:
        """Raises the ``RowError`` if there is one, ``FaultsError`` if there are several."""
        if self.total == 1:
            raise self.first[0]
        if self.total:
            raise FaultsError(self.first, self.total)
