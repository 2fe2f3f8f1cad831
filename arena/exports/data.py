"""What an export is made of, read in as few queries as there are criteria."""

from dataclasses import dataclass
from typing import Any

from arena.exports.schema import Background, background_of
from arena.studies.models import Criterion, Protocol, Study
from arena.voting.counting import CountedVotes, votes_counted
from arena.voting.models import Comparison


@dataclass(frozen=True)
class ExportData:
    """CountedVotes of one origin up to ``last_vote``, by criterion in the protocol's order."""

    study: Study
    protocol: Protocol
    criteria: tuple[Criterion, ...]
    origin: str
    last_vote: int
    votes: dict[str, CountedVotes]

    @property
    def simulated(self) -> bool:
        return self.origin == "simulated"

    @property
    def headline(self) -> str:
        return self.criteria[0].key

    def background(self) -> Background:
        rows = [row for votes in self.votes.values() for row in votes.counted]
        return background_of(rows, origin=self.origin)


def export_data(*, study: Study, protocol: Protocol, origin: str, last_vote: int) -> ExportData:
    criteria = tuple(protocol.criteria.order_by("position"))
    votes = {
        criterion.key: votes_counted(
            study=study, criterion=criterion.key, origin=origin, up_to=last_vote
        )
        for criterion in criteria
    }
    return ExportData(study, protocol, criteria, origin, last_vote, votes)


def shown(*, study: Study) -> dict[int, tuple[dict[str, Any], dict[str, dict[str, Any]]]]:
    """Comparison id → (content of the case, record by label), for cases still in the study."""
    comparisons = Comparison.objects.filter(
        study=study, case_version__case__withdrawn_at=None
    ).values_list(
        "pk",
        "case_version__content",
        "first__study_system__label",
        "first__record",
        "second__study_system__label",
        "second__record",
    )
    return {
        pk: (content, {first: record or {}, second: other or {}})
        for pk, content, first, record, second, other in comparisons
    }
