"""The only door between generations and raters: what a ballot may show before its vote.

Views, templates and the API see ``BlindBallot`` and nothing else of an output. It holds no system,
label, adapter, revision, row number, time or class of failure; a test compares every byte served.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from arena.core.db import write_txn
from arena.core.markdown import markdown_html
from arena.generations.models import Generation
from arena.studies.case_files import case_file
from arena.studies.formats import case_context, case_facts
from arena.studies.formats.base import Made
from arena.studies.models import Asset, CaseVersion, Protocol
from arena.voting.answers import PACKS, outcomes_of
from arena.voting.models import Ballot, Comparison, Outcome, Side
from arena.voting.presenters import presenter_for
from arena.voting.presenters.base import Shown, StoredFile
from arena.voting.served import Served, evened, media_type_of, shown_as
from evaluation.kinds import CaseFacts, RecordError, kind_for
from evaluation.kinds.base import Record

log = logging.getLogger(__name__)
NO_OUTPUT = gettext_lazy("No output.")
NOT_SHOWN = gettext_lazy(
    "This output could not be displayed: the page does not know how to show it."
)
LABELS = {
    "five": dict(Outcome.choices),
    "three": {
        **dict(Outcome.choices),
        Outcome.LEFT_STRONGLY: gettext_lazy("Left is better"),
        Outcome.RIGHT_STRONGLY: gettext_lazy("Right is better"),
    },
}

SHORT = {
    Outcome.LEFT_STRONGLY: ("«", pgettext_lazy("verdict", "left")),
    Outcome.LEFT_SLIGHTLY: ("‹", pgettext_lazy("verdict", "slightly")),
    Outcome.TIE: ("=", pgettext_lazy("verdict", "same")),
    Outcome.RIGHT_SLIGHTLY: ("›", pgettext_lazy("verdict", "slightly")),
    Outcome.RIGHT_STRONGLY: ("»", pgettext_lazy("verdict", "right")),
    Outcome.BOTH_UNACCEPTABLE: ("×", pgettext_lazy("verdict", "neither")),
}


@dataclass(frozen=True)
class BlindSide:
    """One output: ``data`` as its presenter gives it, or the ``problem`` why there is none."""

    side: str
    title: str
    data: Mapping[str, Any]
    problem: str


@dataclass(frozen=True)
class BlindCriterion:
    key: str
    label: str
    help: str
    required: bool


@dataclass(frozen=True)
class Choice:
    outcome: str
    label: str
    key: str
    """The key that chooses it."""
    sign: str
    short: str
    """For narrow windows, where the label is read out but not seen."""


@dataclass(frozen=True)
class BlindBallot:
    """All that a rater may know of a ballot."""

    uuid: str
    study: str
    study_title: str
    attempt: int
    position: int
    kind: str
    template: str
    styles: tuple[str, ...]
    """Stylesheets of this kind and this case beside those of every ballot."""
    question: str
    instructions: str
    case: Mapping[str, Any]
    spacing_mm: tuple[float, ...] | None
    """Of the case's image (rows, columns) or volume, where it is known."""
    case_folded: bool
    synthetic: bool
    left: BlindSide
    right: BlindSide
    criteria: tuple[BlindCriterion, ...]
    choices: tuple[Choice, ...]
    error_types: tuple[tuple[str, str], ...]
    least_view_seconds: int
    asks_confidence: bool
    shows_differences: bool

    @property
    def sides(self) -> tuple[BlindSide, BlindSide]:
        return self.left, self.right


def ballot_open(*, ballot: Ballot) -> BlindBallot:
    """The ballot as its rater may see it; the clock starts when it is shown first."""
    if ballot.opened_at is None:
        with write_txn():
            unopened = Ballot.objects.filter(pk=ballot.pk, opened_at=None)
            unopened.update(opened_at=timezone.now())
    ballot = _with_all(ballot)
    protocol, version = ballot.protocol, ballot.comparison.case_version
    presenter = presenter_for(protocol.output_kind)
    facts = case_facts(version)
    left, right = (_side(ballot, side, facts) for side in (Side.LEFT, Side.RIGHT))
    case = case_context(version, partial(_case_url, ballot))
    return BlindBallot(
        uuid=str(ballot.uuid),
        study=ballot.study.slug,
        study_title=ballot.study.title,
        attempt=ballot.attempt,
        position=ballot.position,
        kind=protocol.output_kind,
        template=presenter.template,
        styles=tuple(sorted({*presenter.styles, *case["styles"]})),
        question=protocol.question,
        instructions=markdown_html(protocol.instructions),
        case=case,
        spacing_mm=_spacing(facts),
        case_folded=presenter.contains_case,
        synthetic=version.synthetic or ballot.study.synthetic,
        left=left,
        right=right,
        criteria=_criteria(protocol),
        choices=_choices(protocol),
        error_types=tuple((kind.value, str(kind.label)) for kind in PACKS[protocol.error_pack]),
        least_view_seconds=protocol.least_view_seconds,
        asks_confidence=protocol.asks_confidence,
        shows_differences=protocol.shows_differences,
    )


def outputs_seen(ballot: Ballot) -> tuple[str, str]:
    """What stood left and right, as far as its rater can tell outputs of one case apart.

    Equal outputs are one, and so are all that are missing. For comparing only: nothing of it may
    be shown.
    """
    return _output_seen(ballot.left), _output_seen(ballot.right)


def _output_seen(generation: Generation) -> str:
    if generation.status != Generation.Status.SUCCEEDED:
        return "none"
    return generation.record_digest or str(generation.pk)


def side_asset(*, ballot: Ballot, side: str, name: str) -> Served | None:
    """A file that the presenter made of one side's record, or that came with it."""
    ballot = _with_all(ballot)
    asset = _asset(ballot, Side(side), name)
    if asset is None or isinstance(asset, bytes):
        return Served(asset, media_type_of(asset)) if asset else None
    return _stored(ballot, Side(side), name, asset)


def case_asset(*, ballot: Ballot, name: str) -> Asset | Made | None:
    """A file of the case, stored or made of it: the same for both sides."""
    version = CaseVersion.objects.get(comparison__ballots=ballot)
    return case_file(version=version, name=name)


def case_json(blind: BlindBallot, version: CaseVersion) -> dict[str, Any]:
    """The case for the API: its content as stored, and where its files are."""
    urls = {asset.name: _case_url_of(blind.uuid, asset.name) for asset in version.assets.all()}
    return {"input_kind": version.input_kind, "content": version.content, "assets": urls}


def ballot_json(*, ballot: Ballot) -> dict[str, Any]:
    """The blinded ballot as the API gives it."""
    blind = ballot_open(ballot=ballot)
    return {
        "uuid": blind.uuid,
        "study": blind.study,
        "attempt": blind.attempt,
        "position": blind.position,
        "kind": blind.kind,
        "question": blind.question,
        "criteria": [asdict(criterion) for criterion in blind.criteria],
        "outcomes": [choice.outcome for choice in blind.choices],
        "synthetic": blind.synthetic,
        "case": case_json(blind, ballot.comparison.case_version),
        "left": asdict(blind.left),
        "right": asdict(blind.right),
    }


def _asset(ballot: Ballot, side: Side, name: str) -> bytes | StoredFile | None:
    shown, problem = _shown(ballot, side, case_facts(ballot.comparison.case_version))
    if shown is None or problem:
        return None
    return presenter_for(ballot.protocol.output_kind).asset(shown, name)


def _stored(ballot: Ballot, side: Side, name: str, asset: StoredFile) -> Served | None:
    """The file as it came with the output, no larger and no louder than the other side's."""
    other_side = Side.RIGHT if side == Side.LEFT else Side.LEFT
    own = _opened(ballot, side, asset)
    if own is None:
        return None
    compared = _asset(ballot, other_side, name)
    other = _opened(ballot, other_side, compared) if isinstance(compared, StoredFile) else None
    return evened(own, beside=len(other.body) if other else 0)


def _opened(ballot: Ballot, side: Side, asset: StoredFile) -> Served | None:
    generation = ballot.left if side == Side.LEFT else ballot.right
    file = generation.files.filter(digest=asset.sha256).first()
    if file is None:
        return None
    with file.file.open("rb") as stored:
        return shown_as(stored.read(), file.media_type, asset)


def _with_all(ballot: Ballot) -> Ballot:
    """The ballot with its outputs and case; one join of everything would take longer to plan than
    to read."""
    comparisons = Comparison.objects.select_related("first", "second", "case_version__case")
    ballot.comparison = comparisons.get(pk=ballot.comparison_id)
    prefetch_related_objects([ballot], "protocol__criteria", "comparison__case_version__assets")
    return ballot


def _spacing(facts: CaseFacts) -> tuple[float, ...] | None:
    found = facts.extra.get("spacing_mm")
    return tuple(found) if found else None


def _side(ballot: Ballot, side: Side, facts: CaseFacts) -> BlindSide:
    shown, problem = _shown(ballot, side, facts)
    try:
        data = presenter_for(ballot.protocol.output_kind).data(shown) if shown else {}
    except Exception:  # one output must not take the page, and with it the other one, from a rater
        log.exception("ballot %s: the %s output could not be shown", ballot.uuid, side.value)
        data, problem = {}, str(NOT_SHOWN)
    return BlindSide(side.value, str(side.label), data, problem)


def _shown(ballot: Ballot, side: Side, facts: CaseFacts) -> tuple[Shown | None, str]:
    kind = ballot.protocol.output_kind
    own, other = ballot.left, ballot.right
    if side == Side.RIGHT:
        own, other = other, own
    record, problem = _record(own, kind, facts)
    if record is None:
        return None, problem
    compared, _ = _record(other, kind, facts)
    return Shown(record, compared, facts, partial(_side_url, ballot, side)), ""


def _record(generation: Generation, kind: str, facts: CaseFacts) -> tuple[Record | None, str]:
    """The valid record, or why there is none, in the same words whatever the system."""
    if generation.status != Generation.Status.SUCCEEDED or generation.record is None:
        return None, str(NO_OUTPUT)
    try:
        return kind_for(kind).validate(generation.record, facts), ""
    except RecordError as error:
        return None, _("This output could not be displayed: {why}.").format(why=_why(error))


def _why(error: RecordError) -> str:
    """Details are for those who made the record, in English; others are told where to look."""
    if (get_language() or "en").startswith("en"):
        return str(error)
    return _("its field “{field}” is faulty").format(field=error.field)


def _side_url(ballot: Ballot, side: Side, name: str) -> str:
    """Of the presenter's own files; the image they lie over is the case's."""
    if name in {asset.name for asset in ballot.comparison.case_version.assets.all()}:
        return _case_url(ballot, name)
    return reverse("ballot-asset", args=[ballot.uuid, side.value, name])


def _case_url(ballot: Ballot, name: str) -> str:
    return _case_url_of(str(ballot.uuid), name)


def _case_url_of(uuid: str, name: str) -> str:
    return reverse("case-asset", args=[uuid, name])


def _criteria(protocol: Protocol) -> tuple[BlindCriterion, ...]:
    return tuple(
        BlindCriterion(c.key, c.label, c.help, c.required) for c in protocol.criteria.all()
    )


def _choices(protocol: Protocol) -> tuple[Choice, ...]:
    labels = LABELS[protocol.scale]
    steps = outcomes_of(protocol=protocol)
    keys = [*(str(number) for number in range(1, len(steps))), "0"]
    return tuple(
        Choice(o.value, str(labels[o]), key, SHORT[o][0], str(SHORT[o][1]))
        for o, key in zip(steps, keys, strict=True)
    )
