"""Extracted fields, a row for each single value that either side has, below what it belongs to."""

import json
import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import Row, joined, natural, told
from evaluation.kinds.base import Record
from evaluation.kinds.extraction_record import Place, place_told, singles

HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class ExtractionRecordPresenter(Presenter):
    key = "extraction-record"
    template = "voting/kinds/extraction-record.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        """``groups`` are the same on both sides; fields that belong to nothing come first."""
        rows = joined(shown, _values, value=lambda entry: entry[0])
        rows.sort(key=lambda row: _order(_place(row)))
        return {
            "groups": [
                {"name": _named(group), "path": place_told(group), "rows": [*map(_told, found)]}
                for group, found in groupby(rows, key=lambda row: _place(row)[:-1])
            ]
        }


def _values(record: Record) -> Mapping[str, tuple[str, Place]]:
    """In words and with its place, by the place; two places may be told by the same word."""
    found = singles(record["fields"])
    return {json.dumps(place): (told(value), place) for place, value in found}


def _place(row: Row) -> Place:
    place: Place = (row.own or row.other)[1]
    return place


def _told(row: Row) -> dict[str, Any]:
    """``value`` is ``None`` where this side lacks the field altogether."""
    value, place = row.own and row.own[0], _place(row)
    return {"name": _step(place[-1]), "path": place_told(place), "value": value, "met": row.met}


def _order(place: Place) -> list[tuple[bool, list[tuple[int, int, str]], str]]:
    """What something has itself before what its parts have, and of each thing all together."""
    last = len(place) - 1
    return [(i < last, natural(str(step)), repr(step)) for i, step in enumerate(place)]


def _named(place: Place) -> str:
    """``("patient", "medications", 0)`` → ``Patient · Medications 1``."""
    names: list[str] = []
    for step in place:
        if isinstance(step, int) and names:
            names[-1] += f" {_step(step)}"
        else:
            names.append(_step(step))
    return " · ".join(names)


def _step(step: str | int) -> str:
    """As people write it: ``dose_mg`` and ``doseMg`` are both ``Dose mg``."""
    if isinstance(step, int):
        return str(step + 1)
    words = " ".join(_lowered(step).replace("_", " ").split())
    return words[:1].upper() + words[1:] or step


def _lowered(name: str) -> str:
    """``patientID`` keeps its capitals, ``birthDate`` does not."""
    first, *others = HUMP.split(name)
    return " ".join([first, *(word if word[1:].isupper() else word.lower() for word in others)])


PRESENTER = ExtractionRecordPresenter()
