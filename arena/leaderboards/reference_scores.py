"""Scoring outputs against the references of their cases, and what the scores come to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.db.models import QuerySet

from arena.generations.models import Generation, StudySystem
from arena.leaderboards.models import ReferenceScore, ScoreReport
from arena.studies.formats import case_facts
from arena.studies.models import Study
from arena.studies.selectors import protocol_current
from arena.voting.counting import VoteRow, last_vote, origins_with_votes, votes_counted
from evaluation.comparisons import DataError
from evaluation.kinds import OutputKind, RecordError, kind_for
from evaluation.reference_scores import METHOD, mean_over_cases, preferred_is_higher

BATCH = 100
Scores = dict[str, float]
Key = tuple[str, str, int]
"""Label of the system, key of the case, number of the case's version."""


def outputs_unscored(*, study: Study) -> QuerySet[Generation]:
    """Answers to cases with a reference that nobody has scored yet."""
    return Generation.objects.filter(
        study_system__study=study,
        status=Generation.Status.SUCCEEDED,
        case_version__reference__isnull=False,
        reference_score=None,
    )


def score_report_refresh(*, study_id: int) -> ScoreReport | None:
    """Scores what is new and reports; ``None`` where nothing changed since the newest report."""
    study = Study.objects.get(pk=study_id)
    answered = outputs_answered(study=study)  # what comes from here on is for the next report
    outputs_score(study=study)
    newest = report_newest(study=study)
    if not outputs_scored(study=study).exists():
        return None
    seen = {"answered": answered, "votes": votes_seen(study=study, known=newest)}
    if newest and newest.seen == seen:
        return None
    return ScoreReport.objects.create(study=study, seen=seen, result=_report(study))


def outputs_score(*, study: Study) -> None:
    """A score once stored stays: neither output nor reference of a case version ever changes."""
    kind = kind_for(protocol_current(study=study).output_kind)
    waiting = list(outputs_unscored(study=study).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(waiting), BATCH):
        some = Generation.objects.filter(pk__in=waiting[start : start + BATCH])
        outputs = some.select_related("case_version").prefetch_related("case_version__assets")
        made = [_scored(output, kind) for output in outputs]
        ReferenceScore.objects.bulk_create(made, ignore_conflicts=True)


def _scored(output: Generation, kind: OutputKind) -> ReferenceScore:
    """With a problem in place of scores where output or reference does not fit the kind."""
    version = output.case_version
    facts = case_facts(version)
    try:
        reference = kind.validate(version.reference or {}, facts)
        record = kind.validate(output.record or {}, facts)
        found = kind.scores(record, reference, facts)
    except (RecordError, DataError) as error:
        return ReferenceScore(generation=output, scores={}, problem=str(error)[:300])
    finite = {name: float(value) for name, value in found.items() if np.isfinite(value)}
    return ReferenceScore(generation=output, scores=finite)


def report_newest(*, study: Study) -> ScoreReport | None:
    return ScoreReport.objects.filter(study=study).order_by("-pk").first()


def report_is_stale(*, study: Study) -> bool:
    """Whether outputs or votes came since the newest report.

    An answer stays one and case versions never change, so where no more are answered than before,
    none waits for its score: an index counts them, while a search for one without would go through
    all outputs and scores.
    """
    newest = report_newest(study=study)
    if newest is None:
        return _scorable(study).exists()
    answered = outputs_answered(study=study)
    if newest.seen.get("answered") != answered:
        return True
    return bool(newest.seen["votes"] != votes_seen(study=study, known=newest))


def _scorable(study: Study) -> QuerySet[Generation]:
    """Answers with a score or without one, found by way of the references."""
    return Generation.objects.filter(
        case_version__case__study=study,
        case_version__reference__isnull=False,
        status=Generation.Status.SUCCEEDED,
    )


def outputs_answered(*, study: Study) -> int:
    held = list(study.study_systems.values_list("pk", flat=True))
    answered = Generation.objects.filter(study_system__in=held, status=Generation.Status.SUCCEEDED)
    return answered.count()


def outputs_scored(*, study: Study) -> QuerySet[ReferenceScore]:
    return ReferenceScore.objects.filter(generation__study_system__study=study)


def votes_seen(*, study: Study, known: ScoreReport | None) -> dict[str, int]:
    """Newest vote by origin; only votes newer than those of a ``known`` report are gone through."""
    before = known.seen["votes"] if known else {}
    newest = {}
    for origin in origins_with_votes(study=study):
        seen = before.get(origin, 0)
        newest[origin] = last_vote(study=study, origin=origin, after=seen) or seen
    return newest


def _report(study: Study) -> dict[str, Any]:
    scored = outputs_scored(study=study).values_list(
        "generation__study_system__label",
        "generation__case_version__case__key",
        "generation__case_version__number",
        "scores",
        "problem",
    )
    rows = [((label, case, version), scores) for label, case, version, scores, _ in scored]
    names = sorted({name for _, scores in rows for name in scores})
    return {
        "method": METHOD,
        "output_kind": protocol_current(study=study).output_kind,
        "scores": names,
        "systems": _means(study, rows, names),
        "problems": sorted({problem for *_, problem in scored if problem})[:5],
        "votes": _votes(study, dict(rows), names),
    }


def _means(
    study: Study, rows: Sequence[tuple[Key, Scores]], names: list[str]
) -> list[dict[str, Any]]:
    """One entry per system, in order of label; failures stand beside what was scored."""
    of_system: defaultdict[str, list[tuple[Key, Scores]]] = defaultdict(list)
    for key, scores in rows:
        of_system[key[0]].append((key, scores))
    failed = Generation.objects.filter(
        study_system__study=study,
        status=Generation.Status.FAILED,
        case_version__reference__isnull=False,
    ).values_list("study_system__label", flat=True)
    failures = Counter(failed)
    labels = StudySystem.objects.filter(study=study).order_by("label")
    return [
        {
            "name": label,
            "failed": failures[label],
            "scores": {name: _mean(of_system[label], name) for name in names},
        }
        for label in labels.values_list("label", flat=True)
    ]


def _mean(rows: Iterable[tuple[Key, Scores]], name: str) -> dict[str, Any] | None:
    found = [(key[1], scores[name]) for key, scores in rows if name in scores]
    if not found:
        return None
    mean = mean_over_cases(np.array([value for _, value in found]), [case for case, _ in found])
    return vars(mean)


def _votes(study: Study, scores: dict[Key, Scores], names: list[str]) -> list[dict[str, Any]]:
    """How often raters prefer what scores higher: per origin, criterion and score."""
    found = []
    for origin in origins_with_votes(study=study):
        for criterion in protocol_current(study=study).criteria.order_by("position"):
            votes = votes_counted(study=study, criterion=criterion.key, origin=origin).counted
            head = {"origin": origin, "criterion": criterion.key, "label": criterion.label}
            shares = {name: _preferred(votes, scores, name) for name in names}
            found += [head | {"score": name} | s for name, s in shares.items() if s]
    return found


def _preferred(
    votes: Sequence[VoteRow], scores: dict[Key, Scores], name: str
) -> dict[str, Any] | None:
    rows = []
    for vote in votes:
        if vote.winner is None:
            continue
        loser = vote.right if vote.winner == vote.left else vote.left
        pair = [scores.get((one, vote.case, vote.case_version), {}) for one in (vote.winner, loser)]
        if all(name in one for one in pair):
            rows.append((pair[0][name], pair[1][name], vote.rater))
    if not rows:
        return None
    preferred, other, rater = (np.array(column) for column in zip(*rows, strict=True))
    try:
        return vars(preferred_is_higher(preferred, other, rater))
    except DataError:
        return None  # all scores were equal: they cannot agree or disagree with a vote
