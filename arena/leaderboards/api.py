"""The leaderboard over HTTP."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from arena.leaderboards.models import LeaderboardSnapshot
from arena.leaderboards.reference_scores import report_newest
from arena.leaderboards.selectors import (
    board_choice,
    in_steps,
    snapshot_newest,
    snapshots_newest,
)
from arena.studies.access import Action, study_for
from arena.voting.models import Origin

BOARD_PARAMETERS = [
    OpenApiParameter("criterion", str, description="Key; unasked: the protocol's first."),
    OpenApiParameter(
        "origin",
        str,
        enum=Origin.values,
        description="Unasked: the first of these that has votes. They are never mixed.",
    ),
]


class SystemSerializer(serializers.Serializer[dict[str, Any]]):
    """One row of the board; figures are null where the votes do not carry them."""

    name = serializers.CharField(help_text="The label under which the system takes part.")
    votes = serializers.IntegerField()
    log_strength = serializers.FloatField(allow_null=True, help_text="Natural log, mean 0.")
    share = serializers.FloatField(allow_null=True, help_text="Strengths sum to 1.")
    rating = serializers.FloatField(allow_null=True, help_text="1000 + 400·log10 of the strength.")
    se = serializers.FloatField(allow_null=True)
    lower = serializers.FloatField(allow_null=True)
    upper = serializers.FloatField(allow_null=True)
    rank_low = serializers.IntegerField(allow_null=True)
    rank_high = serializers.IntegerField(allow_null=True)
    win_share = serializers.FloatField(allow_null=True)
    both_unacceptable_share = serializers.FloatField(allow_null=True)
    left_share = serializers.FloatField(allow_null=True)
    harm = serializers.DictField(help_text="shown, flagged, severe, rate, lower, upper")
    reliability = serializers.DictField(help_text="ended, answered, failures by class, share")


class BoardSerializer(serializers.Serializer[dict[str, Any]]):
    """What `python -m evaluation rate` prints for the same votes, and more."""

    study = serializers.CharField()
    criterion = serializers.CharField()
    origin = serializers.ChoiceField(choices=Origin.choices)
    simulated = serializers.BooleanField()
    mark = serializers.CharField(help_text="SIMULATED where the votes are; else empty.")
    snapshot = serializers.IntegerField()
    digest = serializers.CharField(help_text="SHA-256 of the canonical result.")
    created_at = serializers.DateTimeField()
    method = serializers.CharField()
    parameters = serializers.DictField()
    n_votes = serializers.IntegerField()
    n_raters = serializers.IntegerField()
    n_cases = serializers.IntegerField()
    last_vote = serializers.IntegerField(help_text="Id of the newest vote counted.")
    components = serializers.ListField(child=serializers.ListField())
    warnings = serializers.ListField(child=serializers.CharField())
    instrument = serializers.DictField()
    identical_outputs = serializers.IntegerField(
        help_text="Comparisons not asked: both outputs were the same."
    )
    excluded = serializers.DictField(child=serializers.IntegerField())
    outcomes = serializers.DictField()
    rater_mix = serializers.DictField()
    pairs = serializers.ListField(child=serializers.DictField())
    systems = SystemSerializer(many=True)


class LeaderboardView(APIView):
    @extend_schema(parameters=BOARD_PARAMETERS, responses=BoardSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The newest snapshot of a board; the newest step while its readers may still vote."""
        study = study_for(user=request.user, slug=slug, action=Action.SEE_LEADERBOARD)
        choice = board_choice(
            study=study,
            criterion=request.query_params.get("criterion", ""),
            origin=request.query_params.get("origin", ""),
        )
        snapshot = snapshot_newest(
            study=study,
            criterion=choice.criterion.key,
            origin=choice.origin,
            steps=in_steps(user=request.user, study=study),
        )
        if snapshot is None:
            raise Http404("This board has no votes yet.")
        return Response(board_answer(snapshot))


class AgreementSerializer(serializers.Serializer[dict[str, Any]]):
    """Agreement on one criterion; each coefficient is `{value, se, lower, upper, …}`."""

    criterion = serializers.CharField()
    n_units = serializers.IntegerField(help_text="Comparisons judged.")
    n_units_compared = serializers.IntegerField(help_text="Comparisons judged by two or more.")
    n_raters = serializers.IntegerField()
    percent = serializers.DictField()
    krippendorff_alpha = serializers.DictField()
    gwet_ac1 = serializers.DictField()
    alpha_of_steps = serializers.DictField(help_text="Ordinal alpha of the five steps.")
    prevalence = serializers.ListField(child=serializers.DictField())
    self_agreement = serializers.DictField(
        help_text="Of planned repeats: n, n_raters, same, value, lower, upper, left_both_times, "
        "right_both_times; empty where nobody was asked again."
    )
    warnings = serializers.ListField(child=serializers.CharField())


class StudyAgreementSerializer(serializers.Serializer[dict[str, Any]]):
    study = serializers.CharField()
    origin = serializers.ChoiceField(choices=Origin.choices)
    simulated = serializers.BooleanField()
    mark = serializers.CharField(help_text="SIMULATED where the votes are; else empty.")
    criteria = AgreementSerializer(many=True)


class AgreementView(APIView):
    @extend_schema(parameters=BOARD_PARAMETERS[1:], responses=StudyAgreementSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """How far raters of a study coincide, by criterion."""
        study = study_for(user=request.user, slug=slug, action=Action.SEE_AGREEMENT)
        choice = board_choice(study=study, origin=request.query_params.get("origin", ""))
        steps = in_steps(user=request.user, study=study)
        snapshots = snapshots_newest(study=study, choice=choice, steps=steps)
        return Response(
            {
                "study": study.slug,
                "origin": choice.origin,
                "simulated": choice.simulated,
                "mark": simulated_mark(choice.origin),
                "criteria": [
                    {"criterion": each.criterion}
                    | each.result["agreement"]
                    | {"self_agreement": each.result.get("self_agreement", {})}
                    for each in snapshots
                    if each.n_votes
                ],
            }
        )


class ScoreReportSerializer(serializers.Serializer[dict[str, Any]]):
    """Automatic scores of a study's outputs against the references of their cases."""

    study = serializers.CharField()
    created_at = serializers.DateTimeField()
    method = serializers.CharField()
    output_kind = serializers.CharField()
    scores = serializers.ListField(child=serializers.CharField())
    systems = serializers.ListField(
        child=serializers.DictField(), help_text="name, failed, scores by name with interval"
    )
    votes = serializers.ListField(
        child=serializers.DictField(),
        help_text="How often raters preferred what scores higher; empty while boards move in steps",
    )
    problems = serializers.ListField(child=serializers.CharField())


class ScoresView(APIView):
    @extend_schema(responses=ScoreReportSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The newest report of automatic scores."""
        study = study_for(user=request.user, slug=slug, action=Action.SEE_LEADERBOARD)
        report = report_newest(study=study)
        if report is None:
            raise Http404("No output of this study has been scored against a reference yet.")
        hidden: dict[str, Any] = {"votes": []} if in_steps(user=request.user, study=study) else {}
        head = {"study": study.slug, "created_at": report.created_at}
        return Response(head | report.result | hidden)


def board_answer(snapshot: LeaderboardSnapshot) -> dict[str, Any]:
    result: dict[str, Any] = snapshot.result
    return result | {
        "snapshot": snapshot.pk,
        "digest": snapshot.digest,
        "created_at": snapshot.created_at,
        "mark": simulated_mark(snapshot.origin),
    }


def simulated_mark(origin: str) -> str:
    return "SIMULATED" if origin == Origin.SIMULATED else ""
