"""What the voting page is made of: the blind ballot, what was filled in, and words for scripts."""

from typing import Any

from django.http import QueryDict

from arena.core.errors import UserError
from arena.voting.blinding import BlindBallot
from arena.voting.filled import FLAG_CHOICES, criteria_given, sides_given
from arena.voting.identifiers import MAY_POINT, IdentifierError, signature
from arena.voting.models import Skip, Vote

WORDS = {
    "gate": "Choose after you have read both outputs: {parts}.",
    "gate_left": "left {seconds} s to go",
    "gate_right": "right {seconds} s to go",
    "gate_look": "enlarge or move the image once",
    "gate_open": "You can choose now.",
    "mark_added": "Marked; {count} on this side.",
    "mark_draw": "Draw a rectangle with the mouse or a finger, or move it by the arrow keys, size "
    "it with Shift and the arrow keys, and press Enter. Escape leaves.",
    "mark_keys": "Arrow keys choose a word, with Shift several; Enter marks them, Escape leaves.",
    "mark_left": "Nothing was marked.",
    "mark_nothing": "There is no text to mark on this side.",
    "mark_region": "Region of {width} × {height} pixels at {x}, {y}",
    "significant": "clinically significant",
    "reason_later": "First choose; then you can say why.",
    "no_connection": "Not stored yet: there is no connection. Your answer is kept in this browser; "
    "submit again when the connection is back.",
    "ended": "Not stored: voting has ended here, or you signed in anew elsewhere. Reload the page "
    "to see which; your answer is kept in this browser.",
    "server_error": "Not stored: the server answered {status}. Your answer is kept in this "
    "browser; reload the page or submit again.",
}
"""What the scripts of the page say; {names} are filled in by them."""


def desk_context(
    blind: BlindBallot, given: QueryDict, error: UserError | None = None
) -> dict[str, Any]:
    """``given``: what the form begins with; ``error``: why it was not stored."""
    findings = error.findings if isinstance(error, IdentifierError) else []
    return {
        **blind.case,
        "ballot": blind,
        "sides": sides_given(blind, given),
        "criteria": criteria_given(blind, given),
        "reason": given.get("reason", ""),
        "confidence": given.get("confidence", ""),
        "looked": given.get("looked", ""),
        "skip_reasons": Skip.Reason.choices,
        "skipping": given.get("skip_reason", ""),
        "skip_note": given.get("note", ""),
        "confidences": Vote.Confidence.choices if blind.asks_confidence else (),
        "settings": {"words": WORDS, "leastViewSeconds": blind.least_view_seconds},
        "problem": f"{MAY_POINT}." if findings else str(error or ""),
        "findings": findings,
        "signature": signature(findings),
        **FLAG_CHOICES,
    }
