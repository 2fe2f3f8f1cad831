"""Generated small molecules, as SMILES."""

from collections.abc import Mapping
from math import nan
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.molecules import smiles_problem

MOST_MOLECULES = 1000


class MoleculeGenerated:
    """``{"molecules": [{"smiles": str, "name": str, "properties": {name: number, …}}, …]}``.

    All but ``smiles`` may be left out; a bare string is taken for SMILES. A SMILES that cannot be
    read is kept and shown as such: that a system writes it is a result.
    """

    key = "molecule-generated"
    title = "Generated molecules"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["molecules"])
        found = checks.each(record["molecules"], "molecules", _molecule, most=MOST_MOLECULES)
        return checks.readable({"molecules": found})

    def is_empty(self, record: Record) -> bool:
        return not record["molecules"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Shares of molecules; two are the same if their SMILES are written the same.

        The reference holds known molecules: ``novel`` are not among them, ``recovered`` are those
        of them that were generated.
        """
        found = [molecule["smiles"] for molecule in record["molecules"]]
        known = {molecule["smiles"] for molecule in reference["molecules"]}
        return {
            "well_formed": _share([not smiles_problem(smiles) for smiles in found]),
            "unique": len(set(found)) / len(found) if found else nan,
            "novel": _share([smiles not in known for smiles in found]),
            "recovered": _share([smiles in found for smiles in known]),
        }


def _share(flags: list[bool]) -> float:
    return sum(flags) / len(flags) if flags else nan


def _molecule(item: Any, field: str) -> Record:
    if isinstance(item, str):
        return {"smiles": _smiles(item, field)}
    checks.fields(item, field, required=["smiles"], optional=["name", "properties"])
    smiles = _smiles(item["smiles"], f"{field}.smiles")
    return {"smiles": smiles, **checks.given(item, field, name=_name, properties=_properties)}


def _smiles(value: Any, field: str) -> str:
    return checks.word(value, field, most=2000)


def _name(value: Any, field: str) -> str:
    return checks.word(value, field, most=300)


def _properties(value: Any, field: str) -> dict[str, float]:
    given = checks.mapping(value, field, most=50)
    return {name: checks.number(given[name], f"{field}.{name}") for name in given}


KIND = MoleculeGenerated()
