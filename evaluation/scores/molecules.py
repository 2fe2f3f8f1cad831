"""SMILES as they are written; nothing here knows of valences or of equal molecules."""

from __future__ import annotations

import re
from collections import Counter

TOKEN = re.compile(
    r"\[(?P<bracket>[^\[\]]*)\]|(?P<atom>Cl|Br|[BCNOPSFIbcnops*])|(?P<ring>%\d\d|\d)"
    r"|(?P<bond>[-=#$:/\\~])|(?P<open>\()|(?P<close>\))|(?P<dot>\.)"
)
BRACKET = re.compile(
    r"\d*(?P<element>[A-Z][a-z]?|[bcnops]|se|as|\*)(?:@{1,2}(?:(?:TH|AL|SP|TB|OH)\d+)?)?"
    r"(?:H\d*)?(?:\++\d*|-+\d*)?(?::\d+)?"
)
BEFORE = {
    "atom": {"", "atom", "bond", "open", "dot"},
    "bond": {"atom", "open"},
    "ring": {"atom", "bond"},
    "open": {"atom"},
    "close": {"atom"},
    "dot": {"atom"},
}
"""What may stand right before a token; a ring bond or a closed branch leaves us at its atom."""
AT_AN_ATOM = {"ring", "close"}


def smiles_problem(smiles: str) -> str:
    """What keeps a SMILES from being read, or an empty string.

    Checks the grammar: known tokens, bonds between atoms, closed brackets, branches and rings.
    Source: Weininger (1988), J Chem Inf Comput Sci 28:31; OpenSMILES specification 1.0.
    """
    before, branches, place = "", 0, 0
    rings: Counter[str] = Counter()
    while place < len(smiles):
        token = TOKEN.match(smiles, place)
        kind = _kind(token) if token else ""
        branches += (kind == "open") - (kind == "close")
        if token is None or before not in BEFORE.get(kind, set()) or branches < 0:
            return f"unexpected {smiles[place]!r} at character {place + 1}"
        rings[(token["ring"] or "").lstrip("%0")] += kind == "ring"
        before = "atom" if kind in AT_AN_ATOM else kind
        place = token.end()
    if before != "atom":
        return "it ends without an atom"
    open_rings = [name for name, times in rings.items() if times % 2]
    return "a branch is open" if branches else "a ring is open" if open_rings else ""


def heavy_atoms(smiles: str) -> int:
    """Atoms that are not hydrogen, as they are written."""
    found = [token for token in TOKEN.finditer(smiles) if _kind(token) == "atom"]
    return sum(not re.match(r"\d*H(?![a-z])", token["bracket"] or "") for token in found)


def _kind(token: re.Match[str]) -> str:
    if token["bracket"] is not None:
        return "atom" if BRACKET.fullmatch(token["bracket"]) else ""
    return str(token.lastgroup)
