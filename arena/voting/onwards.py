"""The two ways on from a ballot: to the next case, or to other outputs of the same one."""

from collections.abc import Iterable

from arena.accounts.models import User
from arena.studies.models import Study
from arena.studies.selectors import protocol_current
from arena.voting.candidates import pairs_left, rater_for
from arena.voting.models import QUALIFYING, Ballot, Origin

AT_ONCE = 500  # cases looked at by one query


def same_case_offered(*, ballot: Ballot) -> bool:
    """Whether the study offers it and this rater has more of the case to judge."""
    if ballot.origin == QUALIFYING or not ballot.protocol.offers_same_case:
        return False
    case = ballot.comparison.case_version.case_id
    return bool(versions_left(rater=ballot.rater, study=ballot.study, cases=[case]))


def versions_left(*, rater: User, study: Study, cases: Iterable[int]) -> set[int]:
    """Of these cases (ids), the versions of which the rater may still be shown a comparison."""
    protocol = protocol_current(study=study)
    drawing = rater_for(user=rater, study=study, protocol=protocol, origin=Origin.HUMAN, met=False)
    wanted = sorted(set(cases))
    parts = (wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE))
    return {pair.case_version for part in parts for pair in pairs_left(rater=drawing, cases=part)}
