"""Times as records write them: to the second, or only to the day, month or year."""

import re
from datetime import UTC, datetime, timedelta

PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
FULL = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")


def moment_span(text: str) -> tuple[datetime, datetime]:
    """The earliest and latest moment a time may mean; without a zone it is UTC.

    Raises ``ValueError`` with what a time looks like.
    """
    clean = str(text).strip()
    partial = PARTIAL.fullmatch(clean)
    try:
        if partial:
            return _partial(*partial.groups())
        if FULL.fullmatch(clean):
            found = datetime.fromisoformat(clean.replace("Z", "+00:00"))
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
            return found, found
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"{clean[:40]!r} is no time such as 2015-06-01 or 2015-06-01T08:30:00+02:00")


def moment(text: str) -> datetime:
    """The earliest moment: a date alone is its beginning."""
    return moment_span(text)[0]


def days_between(earlier: datetime, later: datetime) -> float:
    """To about ten seconds; never -0.0."""
    return round((later - earlier) / timedelta(days=1), 4) + 0.0


def _partial(year: str, month: str | None, day: str | None) -> tuple[datetime, datetime]:
    begin = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    if day:
        end = begin + timedelta(days=1)
    elif month:
        end = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    else:
        end = begin.replace(year=begin.year + 1)
    return begin, end - timedelta(microseconds=1)
