"""Imported by Python at start: a process whose idea of the time is ``DRILL_HOURS`` off."""

import os
from datetime import UTC, datetime, timedelta

from django.utils import timezone

OFF = timedelta(hours=float(os.environ["DRILL_HOURS"]))


def skewed_now() -> datetime:
    return datetime.now(tz=UTC) + OFF


timezone.now = skewed_now
