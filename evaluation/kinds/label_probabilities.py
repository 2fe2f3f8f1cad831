"""How likely each of several labels is; any number of them may apply."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.scores.overlap import set_overlap
from evaluation.scores.probabilities import auroc, brier

MOST_LABELS = 500
APPLIES = 0.5


class LabelProbabilities:
    """``{"labels": {name: p, …}}``; in a reference, p is 1 for labels that apply, else 0."""

    key = "label-probabilities"
    title = "Probabilities of labels"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["labels"])
        given = checks.mapping(record["labels"], "labels", most=MOST_LABELS)
        labels = {name: checks.probability(given[name], f"labels.{name}") for name in given}
        return {"labels": labels}

    def is_empty(self, record: Record) -> bool:
        return not record["labels"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Over the reference's labels; one that the answer leaves out counts as 0."""
        names = list(reference["labels"])
        found = [record["labels"].get(name, 0.0) for name in names]
        applies = [reference["labels"][name] >= APPLIES for name in names]
        chosen = {name for name, p in record["labels"].items() if p >= APPLIES}
        wanted = {name for name, yes in zip(names, applies, strict=True) if yes}
        return {
            "auroc": auroc(applies, found),
            "brier": brier(applies, found),
            "f1": set_overlap(chosen, wanted).f1,
        }


KIND = LabelProbabilities()
