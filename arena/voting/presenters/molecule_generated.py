"""Generated molecules in a table: SMILES, size, and the properties that either side states."""

import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from arena.voting.presenters.base import Presenter, Shown
from arena.voting.presenters.rows import place_there, short
from arena.voting.presenters.scales import both
from evaluation.kinds.base import Record
from evaluation.scores.molecules import heavy_atoms, smiles_problem

PROBLEMS = (
    gettext_noop("it ends without an atom"),
    gettext_noop("a branch is open"),
    gettext_noop("a ring is open"),
)
UNEXPECTED = re.compile(r"unexpected (?P<sign>.+) at character (?P<place>\d+)")


class MoleculeGeneratedPresenter(Presenter):
    key = "molecule-generated"
    template = "voting/kinds/molecule-generated.html"

    def data(self, shown: Shown) -> dict[str, Any]:
        there = place_there(shown, _smiles)
        found = [molecule for record in both(shown) for molecule in record["molecules"]]
        properties = sorted({name for molecule in found for name in molecule.get("properties", {})})
        return {
            "properties": properties,
            "molecules": [
                {
                    "smiles": molecule["smiles"],
                    "name": molecule.get("name", ""),
                    "problem": _problem(molecule["smiles"]),
                    "atoms": heavy_atoms(molecule["smiles"]),
                    "values": _values(molecule, properties),
                    "there": there(molecule["smiles"]),
                }
                for molecule in shown.record["molecules"]
            ],
        }


def _problem(smiles: str) -> str:
    """In the reader's language; empty where there is none."""
    problem = smiles_problem(smiles)
    if found := UNEXPECTED.fullmatch(problem):
        return _("unexpected {sign} at character {place}").format(**found.groupdict())
    return _(problem) if problem in PROBLEMS else problem


def _smiles(record: Record) -> list[str]:
    return [molecule["smiles"] for molecule in record["molecules"]]


def _values(molecule: Record, properties: list[str]) -> list[str]:
    given = molecule.get("properties", {})
    return [short(given[name]) if name in given else "" for name in properties]


PRESENTER = MoleculeGeneratedPresenter()
