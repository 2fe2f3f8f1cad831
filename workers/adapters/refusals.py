"""Tells a refusal in words from an answer.

Only short texts that begin by declining count: "I cannot exclude a fracture" is an answer, and
"I can't say which side, but …" goes on to answer.
"""

import re

MOST_CHARACTERS = 400
DECLINES = re.compile(
    r"""^\W*
    (?:(?:i['’]?m|i\s+am)\s+(?:very\s+|really\s+|so\s+)?sorry\b|sorry\b|i\s+apologi[sz]e\b|unfortunately\b)?
    [\s,.:;–-]*(?:but\s+|however,?\s+)?
    (?:as\s+an?\s+(?:ai|artificial\s+intelligence|large\s+language|language)\b[^.]{0,60}?,\s*)?
    i(?:['’]m|\s+am)?\s+
    (?:can(?:no|['’])t|can\s+not|won['’]?t|will\s+not|must\s+decline|unable|not\s+able|not\s+allowed|decline)\s+
    (?:to\s+)?(?:\w+ly\s+)?
    (?:assist|help|comply|fulfil|fulfill|answer|respond|continue|engage|discuss|do\s+that|
       (?:give|provide|offer|make|write|generate|create)\s+(?:\w+\s+){0,3}
       (?:advice|diagnos\w+|recommendations?|information|summary|report|content|response|answer))\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def declines(text: str) -> bool:
    """Whether the whole text is a refusal."""
    return len(text) <= MOST_CHARACTERS and DECLINES.match(text) is not None
