"""Typed links between entities: drug treats disease, gene is associated with phenotype."""

from collections.abc import Mapping
from math import nan
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.overlap import set_overlap

MOST_RELATIONS = 2000


class Relations:
    """``{"relations": [{"head", "type", "tail", "novel": bool, "evidence": str}, …]}``.

    ``novel`` (new finding or background) and ``evidence`` (words of the case) may be left out.
    In order of head, type and tail.
    """

    key = "relations"
    title = "Relations"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["relations"])
        found = checks.each(record["relations"], "relations", _relation, most=MOST_RELATIONS)
        checks.once([identity(relation) for relation in found], "relations")
        return checks.readable({"relations": sorted(found, key=identity)})

    def is_empty(self, record: Record) -> bool:
        return not record["relations"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """F1 of linked pairs, of pairs with their type, and of these with their novelty.

        Levels as in Luo et al. (2022), "BioRED", Brief Bioinform 23:bbac282.
        """
        found, true = record["relations"], reference["relations"]
        has_novelty = any("novel" in relation for relation in true)
        return {
            "pair_f1": set_overlap(*(_pairs(each) for each in (found, true))).f1,
            "f1": set_overlap(*(list(map(identity, each)) for each in (found, true))).f1,
            "novelty_f1": set_overlap(*(_with_novelty(each) for each in (found, true))).f1
            if has_novelty
            else nan,
        }


def identity(relation: Record) -> tuple[str, str, str]:
    return relation["head"].casefold(), relation["type"], relation["tail"].casefold()


def _pairs(relations: list[Record]) -> list[frozenset[str]]:
    return [frozenset(identity(relation)[::2]) for relation in relations]


def _with_novelty(relations: list[Record]) -> list[tuple[object, ...]]:
    return [(*identity(relation), relation.get("novel")) for relation in relations]


def _relation(item: Any, field: str) -> Record:
    names = ["head", "type", "tail"]
    checks.fields(item, field, required=names, optional=["novel", "evidence"])
    known = checks.given(item, field, novel=checks.truth, evidence=checks.prose)
    return {n: checks.word(item[n], f"{field}.{n}", most=300) for n in names} | known


KIND = Relations()
