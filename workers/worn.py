"""A process whose GPU keeps running out of memory is ended, so that its supervisor starts it anew.

PyTorch does not give everything back: after some evictions what is left comes in pieces too small
to use. A fresh process has it all again, and leases see to it that nothing is lost on the way.
"""

import logging
import os
import signal

from workers import devices
from workers.adapters.base import AdapterError

logger = logging.getLogger(__name__)
MOST = 3


def ran_out(error: AdapterError | None) -> bool:
    """Whether memory was short that another time may be there (not so for too large a model)."""
    return error is not None and error.failure == "out_of_memory" and error.retryable


class Worn:
    """Counts how often memory ran out with nothing answered in between."""

    def __init__(self) -> None:
        self.times = 0

    def note(self, *, out_of_memory: bool) -> None:
        """One more answer of a model, or memory that ran out; ends the process when that lasts.

        A CPU's memory comes back by itself, so there nothing is counted.
        """
        self.times = self.times + 1 if out_of_memory and devices.device() != "cpu" else 0
        most = most_told()
        if most and self.times >= most:
            logger.error("memory ran out %s times in a row; this worker ends", self.times)
            self.times = 0
            os.kill(os.getpid(), signal.SIGTERM)


def most_told() -> int:
    """``CONSILIUM_EXIT_AFTER_OOM``; 0: never."""
    told = os.environ.get("CONSILIUM_EXIT_AFTER_OOM", "").strip()
    return int(told) if told.isdigit() else MOST


worn = Worn()
