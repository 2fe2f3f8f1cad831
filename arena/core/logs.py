"""What must not stand in a log: keys and passwords that an error message carries along."""

import logging
import re

HIDDEN = "***"
SECRET = re.compile(
    r"""(?i)(?:
      (?P<scheme>\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}
    | (?P<name>(?:api[_-]?key|token|secret|password|authorization)["']?\s*[=:]\s*["']?)
      (?!bearer|basic)[\w.~+/=-]{6,}
    | (?P<url>://[^\s:/@]+:)[^\s@/]+(?=@)
    | \bsk-[\w-]{12,}
    | \bhf_[A-Za-z0-9]{16,}
    )""",
    re.VERBOSE,
)


def redacted(text: str) -> str:
    """``text`` without what looks like a secret."""
    return SECRET.sub(lambda found: next((g for g in found.groups() if g), "") + HIDDEN, text)


class RedactingFormatter(logging.Formatter):
    """Lines, tracebacks included, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))
