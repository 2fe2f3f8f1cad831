"""What a study still lacks before it can be opened or published.

A later app adds its own check from ``AppConfig.ready`` (as with Django's system checks), so that
`studies` can ask for systems with outputs without knowing of `generations`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from arena.studies.models import Study


class Step(StrEnum):
    OPEN = "open"
    PUBLISH = "publish"


@dataclass(frozen=True)
class Requirement:
    """One line of the coordinator's checklist."""

    text: str
    """What must be true, as a sentence: 'The protocol says what raters are asked.'"""
    met: bool
    todo: str
    """What to do while it is not met, in a few words: 'write the protocol'."""
    url_name: str
    """The page where it is done; takes the study's slug."""
    anchor: str = ""
    """The part of that page."""
    needed: bool = True
    """Whether the step is refused without it; otherwise it is only advised."""

    @property
    def refuses(self) -> bool:
        return self.needed and not self.met


Check = Callable[[Study], Iterable[Requirement]]
_checks: dict[Step, list[Check]] = {step: [] for step in Step}


def requires(step: Step) -> Callable[[Check], Check]:
    """Decorate a function that lists requirements of a step."""

    def register(check: Check) -> Check:
        if check not in _checks[step]:
            _checks[step].append(check)
        return check

    return register


def requirements(*, study: Study, step: Step) -> list[Requirement]:
    return [item for check in _checks[step] for item in check(study)]


@requires(Step.OPEN)
def has_protocol_and_cases(study: Study) -> Iterable[Requirement]:
    yield Requirement(
        "The protocol says what raters are asked.",
        study.protocols.exists(),
        "write the protocol",
        "manage-protocol",
    )
    yield Requirement(
        "There is at least one case.",
        study.cases.filter(withdrawn_at=None).exists(),
        "import cases",
        "manage-cases",
    )


@requires(Step.PUBLISH)
def states_how_it_was_made(study: Study) -> Iterable[Requirement]:
    """What a published leaderboard must state beside its numbers (instrument, cases, dates)."""
    page = "manage-overview"
    yield Requirement(
        "The instrument is stated: question, criteria and scale.",
        study.protocols.exists(),
        "write the protocol",
        "manage-protocol",
    )
    yield Requirement(
        "Voting has begun, so there are dates to state.",
        study.opened_at is not None,
        "open the study",
        page,
        "status-heading",
    )
    yield Requirement(
        "The study is listed for everybody.",
        study.visibility == Study.Visibility.PUBLIC,
        "change who may see the study",
        page,
        "id_visibility_0",
    )
    for field, text, todo in (
        ("summary", "The study says in two sentences what it is about.", "write the summary"),
        ("case_source", "It is stated where the cases come from.", "fill in the case source"),
        ("ethics", "Ethics approval is stated, or that none is needed.", "fill in ethics"),
    ):
        yield Requirement(text, bool(getattr(study, field).strip()), todo, page, f"id_{field}")
