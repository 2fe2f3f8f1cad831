"""What the answers of a study took: money, tokens, seconds and energy. For coordinators alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median
from typing import Any

from arena.generations.models import Generation, StudySystem
from arena.studies.models import Study

MEASURES = (
    "provenance__tokens_in", "provenance__tokens_out", "provenance__seconds",
    "provenance__energy_wh_estimated",
)  # fmt: skip
ENDED = (Generation.Status.SUCCEEDED, Generation.Status.FAILED)


@dataclass
class Spending:
    """Of all ended answers of one system; what was not told of an answer is left out, not 0."""

    label: str
    answers: int = 0
    costs: dict[str, list[Decimal]] = field(default_factory=dict)
    measures: list[list[float]] = field(default_factory=lambda: [[], [], [], []])

    def add(self, cost: Decimal | None, currency: str, told: Sequence[Any]) -> None:
        self.answers += 1
        if cost is not None:
            self.costs.setdefault(currency, []).append(cost)
        for held, value in zip(self.measures, told, strict=True):
            if isinstance(value, int | float) and not isinstance(value, bool):
                held.append(float(value))

    @property
    def total(self) -> str:
        """As in “1.20 EUR”; in two currencies both, for they make no sum."""
        return " + ".join(money(sum(c, Decimal(0)), name) for name, c in sorted(self.costs.items()))

    @property
    def each(self) -> str:
        """The median answer."""
        return ", ".join(money(median(c), name) for name, c in sorted(self.costs.items()))

    @property
    def priced(self) -> int:
        return sum(map(len, self.costs.values()))

    @property
    def unknown(self) -> int:
        """Answers whose cost nobody knows, where others have one."""
        return self.answers - self.priced if self.costs else 0

    @property
    def tokens_in(self) -> float | None:
        return _median(self.measures[0])

    @property
    def tokens_out(self) -> float | None:
        return _median(self.measures[1])

    @property
    def seconds(self) -> float | None:
        return _median(self.measures[2])

    @property
    def energy(self) -> float | None:
        return _median(self.measures[3])

    @property
    def energy_total(self) -> float | None:
        return sum(self.measures[3]) if self.measures[3] else None


def spending_of(*, study: Study) -> tuple[list[Spending], Spending]:
    """Each system of the study that answered, and all together."""
    labels = dict(StudySystem.objects.filter(study=study).values_list("pk", "label"))
    held = {pk: Spending(label) for pk, label in labels.items()}
    whole = Spending("All systems")
    for pk, cost, currency, *told in _rows(labels):
        for spending in (held[pk], whole):
            spending.add(cost, currency, told)
    return [each for each in held.values() if each.answers], whole


def spending_of_one(*, study_system: StudySystem) -> Spending:
    spending = Spending(study_system.label)
    for _, cost, currency, *told in _rows([study_system.pk]):
        spending.add(cost, currency, told)
    return spending


def money(amount: Decimal, currency: str) -> str:
    """Two places, and as many more as a small amount needs to be seen."""
    places = 2 if amount >= 1 or not amount else min(8, 2 - amount.adjusted())
    return f"{amount:.{places}f} {currency}"


def _rows(systems: Iterable[int]) -> Iterable[tuple[Any, ...]]:
    rows = Generation.objects.filter(study_system__in=list(systems), status__in=ENDED)
    return rows.values_list("study_system", "cost", "cost_currency", *MEASURES).iterator(2000)


def _median(values: list[float]) -> float | None:
    return median(values) if values else None
