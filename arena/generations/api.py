"""Systems and generations of a study below /api/v1/."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from arena.generations.access import settings_shown
from arena.generations.models import Generation, StudySystem
from arena.generations.selectors import generation_progress
from arena.studies.access import Action, study_for


class StudySystemSerializer(serializers.ModelSerializer[StudySystem]):
    """Who takes part, by name; how a system answers is on its card, once it may be shown."""

    slug = serializers.SlugField(source="version.system.slug")
    name = serializers.CharField(source="version.system.name")
    maker = serializers.CharField(source="version.system.maker")
    licence = serializers.CharField(source="version.system.licence")
    version = serializers.IntegerField(source="version.number")
    digest = serializers.SerializerMethodField(
        help_text="SHA-256 of all that may change its answers; empty while those stay hidden."
    )

    class Meta:
        model = StudySystem
        fields = ("label", "slug", "name", "maker", "licence", "version", "digest", "withdrawn_at")

    def get_digest(self, held: StudySystem) -> str:
        """Settings have few values: whoever has their digest can try them all."""
        user = self.context["request"].user
        shown = settings_shown(user=user, system=held.version.system)
        return held.version.digest if shown else ""


class GenerationSerializer(serializers.ModelSerializer[Generation]):
    system = serializers.CharField(source="study_system.label")
    case = serializers.CharField(source="case_version.case.key")

    class Meta:
        model = Generation
        fields = (
            "id",
            "system",
            "case",
            "repeat",
            "status",
            "failure",
            "error",
            "attempts",
            "record",
            "record_digest",
            "names_its_maker",
            "cost",
            "cost_currency",
            "requested_at",
            "started_at",
            "finished_at",
        )


class SystemProgressSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]  # DRF's Field has a `label` too
    withdrawn = serializers.BooleanField()
    queued = serializers.IntegerField()
    claimed = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    failures = serializers.DictField(
        child=serializers.IntegerField(), help_text="Failed rows by class."
    )


class ProgressSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    queued = serializers.IntegerField()
    claimed = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    percent = serializers.IntegerField(help_text="Of all not cancelled, how much has ended.")
    eta_seconds = serializers.FloatField(allow_null=True)
    per_system = SystemProgressSerializer(many=True)


class StudySystemList(generics.ListAPIView[StudySystem]):
    """The systems of a study, for whoever may see its leaderboard."""

    serializer_class = StudySystemSerializer
    queryset = StudySystem.objects.none()

    def get_queryset(self) -> QuerySet[StudySystem]:
        study = study_for(
            user=self.request.user, slug=self.kwargs["slug"], action=Action.SEE_LEADERBOARD
        )
        return study.study_systems.select_related("version__system").order_by("label")


class GenerationList(generics.ListAPIView[Generation]):
    """Every answer of a study with its state, for those who run it: it names systems."""

    serializer_class = GenerationSerializer
    queryset = Generation.objects.none()

    def get_queryset(self) -> QuerySet[Generation]:
        study = study_for(user=self.request.user, slug=self.kwargs["slug"], action=Action.MANAGE)
        # By number: a join would let the database walk through the answers of every study.
        rows = Generation.objects.filter(study_system__in=list(study.study_systems.all()))
        return rows.select_related("study_system", "case_version__case").order_by("pk")


class ProgressView(APIView):
    @extend_schema(responses=ProgressSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """How far generation is, by system."""
        study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
        return Response(ProgressSerializer(generation_progress(study=study)).data)
