"""Several answers by chance, of which the most typical is given (Wang et al. 2022, 2203.11171)."""

import json
from collections import Counter
from collections.abc import Sequence

from evaluation.scores.text import token_f1
from workers.adapters.base import Ask, Record
from workers.strategies.base import Call, Plan, Strategy, reseeded


class SelfConsistency(Strategy):
    """``samples``: how many answers; the system must sample (temperature above 0)."""

    key = "self-consistency"
    title = "Self-consistency"
    help = "Answers several times by chance and gives the answer most like the others."
    known = ("samples",)

    def plan(self, ask: Ask) -> Plan:
        asks = [reseeded(ask, number) for number in range(self.count("samples", 5))]
        answers = yield [Call(f"sample {n}", each) for n, each in enumerate(asks, start=1)]
        return most_typical([answer.record for answer in answers])


def most_typical(records: Sequence[Record]) -> Record:
    """The commonest record; of texts, the one that shares most words with the others."""
    if all(isinstance(record.get("text"), str) for record in records):
        texts = [record["text"] for record in records]
        likeness = [sum(token_f1(text, other) for other in texts) for text in texts]
        return records[likeness.index(max(likeness))]
    written = [json.dumps(record, sort_keys=True) for record in records]
    (commonest, _), *_ = Counter(written).most_common(1)
    return records[written.index(commonest)]


STRATEGY = SelfConsistency
