"""What the voting page is made of: the blind ballot, what was filled in, and words for scripts."""

from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.accounts.keys import keys_chosen
from arena.accounts.models import RaterProfile
from arena.accounts.services import TOUR
from arena.core.errors import UserError
from arena.voting.answers import ABSENT
from arena.voting.blinding import LABELS, BlindBallot, BlindSide
from arena.voting.differences import differences
from arena.voting.drafts import draft_as_json
from arena.voting.filled import FLAG_CHOICES, criteria_given, sides_given
from arena.voting.identifiers import MAY_POINT, IdentifierError, signature
from arena.voting.models import Draft, Outcome, Side, Skip, Vote
from arena.voting.places import Plane
from arena.voting.qualification import Given
from arena.voting.viewer_words import viewer_words

WORDS = {
    "found": gettext_lazy("{count} found"),
    "found_at": gettext_lazy("{number} of {of}, {part}"),
    "part_case": gettext_lazy("case"),
    "part_left": gettext_lazy("left output"),
    "part_right": gettext_lazy("right output"),
    "no_difference": gettext_lazy("Nothing is marked here as only on one side."),
    "no_difference_yet": gettext_lazy(
        "Nothing is marked yet as only on one side: {key} marks such words."
    ),
    "gate": gettext_lazy("Choose after you have read both outputs: {parts}."),
    "gate_left": gettext_lazy("left {seconds} s to go"),
    "gate_right": gettext_lazy("right {seconds} s to go"),
    "gate_look": gettext_lazy("enlarge or move the image once"),
    "gate_play": gettext_lazy("play it once"),
    "gate_open": gettext_lazy("You can choose now."),
    "mark_added": gettext_lazy("Marked; {count} on this side."),
    "mark_draw": gettext_lazy(
        "Draw a rectangle with the mouse or a finger, or move it by the arrow keys, size "
        "it with Shift and the arrow keys, and press Enter. Escape leaves."
    ),
    "mark_keys": gettext_lazy(
        "Arrow keys choose a word, with Shift several; Enter marks them, Escape leaves."
    ),
    "mark_left": gettext_lazy("Nothing was marked."),
    "mark_missing": gettext_lazy("Missing: {note}"),
    "mark_nothing": gettext_lazy("There is no text to mark on this side."),
    "mark_region": gettext_lazy("Region of {width} × {height} pixels at {x}, {y}"),
    "mark_region_slice": gettext_lazy(
        "{plane} slice {slice}: region of {width} × {height} pixels at {x}, {y}"
    ),
    "mark_region_mm": gettext_lazy("Region of {size} at {place}"),
    "mark_region_slice_mm": gettext_lazy("{plane} slice {slice}: region of {size} at {place}"),
    "mark_slices": gettext_lazy("Page up and Page down turn the slices."),
    "plane_axial": Plane.AXIAL.label,
    "plane_coronal": Plane.CORONAL.label,
    "plane_sagittal": Plane.SAGITTAL.label,
    "significant": gettext_lazy("clinically significant"),
    "tour_step": gettext_lazy("{number} of {of}"),
    "tour_next": gettext_lazy("Next"),
    "tour_end": gettext_lazy("Begin"),
    "reason_later": gettext_lazy("First choose; then you can say why."),
    "no_connection": gettext_lazy(
        "Not stored yet: there is no connection. Your answer is kept in this browser; "
        "submit again when the connection is back."
    ),
    "not_loaded": gettext_lazy(
        "This tool could not be loaded. Your answer is kept in this browser: reload the page when "
        "the connection is back."
    ),
    "ended": gettext_lazy(
        "Not stored: voting has ended here, or you signed in anew elsewhere. Reload the page "
        "to see which; your answer is kept in this browser."
    ),
    "server_error": gettext_lazy(
        "Not stored: the server answered {status}. Your answer is kept in this "
        "browser; reload the page or submit again."
    ),
}
"""What the scripts of the page say; {names} are filled in by them."""


def desk_context(
    blind: BlindBallot,
    given: QueryDict,
    *,
    profile: RaterProfile,
    error: UserError | None = None,
    compare: bool = False,
    draft: Draft | None = None,
) -> dict[str, Any]:
    """``given``: what the form begins with; ``error``: why it was not stored.

    ``draft``: what is kept of it on the server. ``compare``: show the words in which the two texts
    differ, where the study offers it.
    """
    findings = error.findings if isinstance(error, IdentifierError) else []
    comparable = blind.shows_differences and all(_text(side) for side in blind.sides)
    return {
        **blind.case,
        "ballot": blind,
        "sides": _sides(blind, given, compare=compare and comparable),
        "comparable": comparable,
        "compared": compare and comparable,
        "missing_types": [each for each in blind.error_types if each[0] in ABSENT],
        "criteria": criteria_given(blind, given),
        "reason": given.get("reason", ""),
        "confidence": given.get("confidence", ""),
        "looked": given.get("looked", ""),
        "skip_reasons": Skip.Reason.choices,
        "skipping": given.get("skip_reason", ""),
        "skip_note": given.get("note", ""),
        "confidences": Vote.Confidence.choices if blind.asks_confidence else (),
        "settings": _settings(blind, profile, draft),
        "problem": f"{MAY_POINT}." if findings else str(error or ""),
        "findings": findings,
        "signature": signature(findings),
        **FLAG_CHOICES,
    }


def _settings(blind: BlindBallot, profile: RaterProfile, draft: Draft | None) -> dict[str, Any]:
    """What the scripts of the page need to know."""
    return {
        "words": WORDS,
        "viewers": viewer_words(),
        "leastViewSeconds": blind.least_view_seconds,
        "spacing": blind.spacing_mm,
        "keys": keys_chosen(profile.keys),
        "draft": {
            "url": reverse("vote-draft", args=[blind.study]),
            **draft_as_json(draft, fields=False),
        },
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
    (None, "tie"): gettext_lazy("About the same"),
    (None, "both_unacceptable"): gettext_lazy("Both unacceptable"),
    (Side.LEFT, "first"): gettext_lazy("Left is better"),
    (Side.LEFT, "second"): gettext_lazy("Left is better"),
    (Side.RIGHT, "first"): gettext_lazy("Right is better"),
    (Side.RIGHT, "second"): gettext_lazy("Right is better"),
}


def given_in_words(given: Given) -> dict[str, Any]:
    """An answer of the qualification beside the one that was expected."""
    labels = LABELS[given.ballot.protocol.scale]
    case = given.item.comparison.case_version
    return {
        "case": case.title or case.case.key,
        "answer": labels[Outcome(given.outcome)] if given.outcome else _("Skipped"),
        "expected": EXPECTED[given.better_side, given.item.expected],
        "right": given.right,
        "explanation": given.item.explanation,
    }
