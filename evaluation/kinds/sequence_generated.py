"""Generated proteins, DNA or RNA."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record, RecordError
from evaluation.scores.sequences import diversity, recovery

LETTERS = {
    "protein": frozenset("ACDEFGHIKLMNPQRSTVWYBJOUXZ*-"),
    "dna": frozenset("ACGTRYSWKMBDHVN-"),
    "rna": frozenset("ACGURYSWKMBDHVN-"),
}
"""IUPAC codes with those for doubt, stop (*) and gap (-)."""
LONGEST = 10_000
MOST_SEQUENCES = 100
MOST_LETTERS = 50_000
"""Of all sequences together: each is shown letter by letter."""


class SequenceGenerated:
    """``{"alphabet": "protein" | "dna" | "rna", "sequences": [{"id", "sequence"}, …]}``.

    ``fasta``, a text in FASTA, may stand in place of ``sequences``. Letters become capitals.
    """

    key = "sequence-generated"
    title = "Generated sequences"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["alphabet"], optional=["sequences", "fasta"])
        alphabet = checks.one_of(record["alphabet"], "alphabet", LETTERS)
        given = record.get("sequences")
        if given is None:
            given = _fasta(checks.text(record.get("fasta", ""), "fasta"))
        elif "fasta" in record:
            raise RecordError("fasta", "stands beside sequences; give one of them")
        found = checks.each(given, "sequences", _sequence, most=MOST_SEQUENCES)
        checks.once([item["id"] for item in found], "sequences", "id")
        for i, item in enumerate(found):
            _only_letters(item["sequence"], f"sequences[{i}].sequence", alphabet)
        if (letters := sum(len(item["sequence"]) for item in found)) > MOST_LETTERS:
            problem = f"have {letters:,} letters in all; at most {MOST_LETTERS:,} are allowed"
            raise RecordError("sequences", problem)
        return {"alphabet": alphabet, "sequences": found}

    def is_empty(self, record: Record) -> bool:
        return not record["sequences"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Recovery of the reference's sequences, by their ids, and diversity among the answer's."""
        found = {item["id"]: item["sequence"] for item in record["sequences"]}
        true = {item["id"]: item["sequence"] for item in reference["sequences"]}
        return {"recovery": recovery(found, true), "diversity": diversity(list(found.values()))}


def _sequence(item: Any, field: str) -> Record:
    checks.fields(item, field, required=["id", "sequence"])
    letters = checks.prose(item["sequence"], f"{field}.sequence", most=2 * LONGEST)
    joined = "".join(letters.split()).upper()
    if len(joined) > LONGEST:
        raise RecordError(f"{field}.sequence", f"is longer than {LONGEST:,} letters")
    return {"id": checks.word(item["id"], f"{field}.id", most=200), "sequence": joined}


def _only_letters(sequence: str, field: str, alphabet: str) -> None:
    for place, letter in enumerate(sequence, start=1):
        if letter not in LETTERS[alphabet]:
            raise RecordError(field, f"has {letter!r} at {place}, which is no letter of {alphabet}")


def _fasta(text: str) -> list[Record]:
    """The first word after ``>`` is the id. Raises ``RecordError`` for text before the first."""
    head, *entries = f"\n{text}".split("\n>")
    if head.strip():
        raise RecordError("fasta", "must begin with a line that begins with >")
    split = [entry.partition("\n") for entry in entries]
    return [{"id": (name.split() or [""])[0], "sequence": rest} for name, _, rest in split]


KIND = SequenceGenerated()
