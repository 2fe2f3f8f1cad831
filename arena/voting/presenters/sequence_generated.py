"""Sequences in blocks of ten, marked where the other side has another letter at the place."""

from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import short
from evaluation.kinds.base import Record
from evaluation.scores.sequences import identity

BLOCK = 10


class SequenceGeneratedPresenter(Presenter):
    key = "sequence-generated"
    template = "voting/kinds/sequence-generated.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        """``identity``: per cent of places with the letter of the other side's same sequence."""
        alphabet = shown.record["alphabet"]
        others = _by_id(shown.other) if shown.other else {}
        return {
            "alphabet": _("Protein") if alphabet == "protein" else alphabet.upper(),
            "sequences": [
                _sequence(item["id"], item["sequence"], others.get(item["id"]), alphabet)
                for item in shown.record["sequences"]
            ],
        }


def _by_id(record: Record) -> dict[str, str]:
    return {item["id"]: item["sequence"] for item in record["sequences"]}


def _sequence(name: str, letters: str, other: str | None, alphabet: str) -> dict[str, Any]:
    strong = sum(letters.count(letter) for letter in "GC")
    return {
        "name": name,
        "length": len(letters),
        "gc": "" if alphabet == "protein" else short(100 * strong / len(letters), 3),
        "identity": "" if other is None else short(100 * identity(letters, other), 3),
        "blocks": [
            {"start": start + 1, "parts": _parts(letters, other, start)}
            for start in range(0, len(letters), BLOCK)
        ],
    }


def _parts(letters: str, other: str | None, start: int) -> list[dict[str, Any]]:
    """The block cut where its letters begin or cease to differ from the other side's."""
    places = range(start, min(start + BLOCK, len(letters)))
    runs = groupby(places, key=lambda i: other is not None and letters[i] != other[i : i + 1])
    return [{"text": "".join(letters[i] for i in run), "differs": d} for d, run in runs]


PRESENTER = SequenceGeneratedPresenter()
