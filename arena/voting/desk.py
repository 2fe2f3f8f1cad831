"""What the voting page is made of: the blind ballot, what was filled in, and words for scripts."""

from typing import Any

from django.http import QueryDict
from django.urls import reverse

from arena.accounts.keys import keys_chosen
from arena.accounts.models import RaterProfile
from arena.accounts.services import TOUR
from arena.core.errors import UserError
from arena.voting.blinding import LABELS, BlindBallot, BlindSide
from arena.voting.differences import differences
from arena.voting.filled import FLAG_CHOICES, criteria_given, sides_given
from arena.voting.identifiers import MAY_POINT, IdentifierError, signature
from arena.voting.models import Outcome, Side, Skip, Vote
from arena.voting.qualification import Given

WORDS = {
    "found": "{count} found",
    "found_at": "{number} of {of}, {part}",
    "part_case": "case",
    "part_left": "left output",
    "part_right": "right output",
    "gate": "Choose after you have read both outputs: {parts}.",
    "gate_left": "left {seconds} s to go",
    "gate_right": "right {seconds} s to go",
    "gate_look": "enlarge or move the image once",
    "gate_play": "play it once",
    "gate_open": "You can choose now.",
    "mark_added": "Marked; {count} on this side.",
    "mark_draw": "Draw a rectangle with the mouse or a finger, or move it by the arrow keys, size "
    "it with Shift and the arrow keys, and press Enter. Escape leaves.",
    "mark_keys": "Arrow keys choose a word, with Shift several; Enter marks them, Escape leaves.",
    "mark_left": "Nothing was marked.",
    "mark_nothing": "There is no text to mark on this side.",
    "mark_region": "Region of {width} × {height} pixels at {x}, {y}",
    "significant": "clinically significant",
    "tour_step": "{number} of {of}",
    "tour_next": "Next",
    "tour_end": "Begin",
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
    blind: BlindBallot,
    given: QueryDict,
    *,
    profile: RaterProfile,
    error: UserError | None = None,
    compare: bool = False,
) -> dict[str, Any]:
    """``given``: what the form begins with; ``error``: why it was not stored.

    ``compare``: show the words in which the two texts differ, where the study offers it.
    """
    findings = error.findings if isinstance(error, IdentifierError) else []
    comparable = blind.shows_differences and all(_text(side) for side in blind.sides)
    return {
        **blind.case,
        "ballot": blind,
        "sides": _sides(blind, given, compare=compare and comparable),
        "comparable": comparable,
        "compared": compare and comparable,
        "criteria": criteria_given(blind, given),
        "reason": given.get("reason", ""),
        "confidence": given.get("confidence", ""),
        "looked": given.get("looked", ""),
        "skip_reasons": Skip.Reason.choices,
        "skipping": given.get("skip_reason", ""),
        "skip_note": given.get("note", ""),
        "confidences": Vote.Confidence.choices if blind.asks_confidence else (),
        "settings": _settings(blind, profile),
        "problem": f"{MAY_POINT}." if findings else str(error or ""),
        "findings": findings,
        "signature": signature(findings),
        **FLAG_CHOICES,
    }


def _settings(blind: BlindBallot, profile: RaterProfile) -> dict[str, Any]:
    """What the scripts of the page need to know."""
    return {
        "words": WORDS,
        "leastViewSeconds": blind.least_view_seconds,
        "keys": keys_chosen(profile.keys),
        "tour": {"unseen": profile.tour_seen < TOUR, "url": reverse("tour-seen")},
    }


def _sides(blind: BlindBallot, given: QueryDict, *, compare: bool) -> list[dict[str, Any]]:
    """Each side as it was filled in; compared, with its text in pieces or why there are none."""
    sides = sides_given(blind, given)
    if compare:
        pieces = differences(*(_text(side) for side in blind.sides)) or ((), ())
        for side, found in zip(sides, pieces, strict=True):
            side["pieces"] = found
    return sides


def _text(side: BlindSide) -> str:
    """The words of an output that is a text, as its presenter gives them under ``text``."""
    text = side.data.get("text", "")
    return text if isinstance(text, str) else ""


EXPECTED = {
    (None, "tie"): "About the same",
    (None, "both_unacceptable"): "Both unacceptable",
    (Side.LEFT, "first"): "Left is better",
    (Side.LEFT, "second"): "Left is better",
    (Side.RIGHT, "first"): "Right is better",
    (Side.RIGHT, "second"): "Right is better",
}


def given_in_words(given: Given) -> dict[str, Any]:
    """An answer of the qualification beside the one that was expected."""
    labels = LABELS[given.ballot.protocol.scale]
    case = given.item.comparison.case_version
    return {
        "case": case.title or case.case.key,
        "answer": labels[Outcome(given.outcome)] if given.outcome else "Skipped",
        "expected": EXPECTED[given.better_side, given.item.expected],
        "right": given.right,
        "explanation": given.item.explanation,
    }
