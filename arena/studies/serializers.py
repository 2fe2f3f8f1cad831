"""What the API says of studies and cases."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from arena.studies.models import Asset, CaseVersion, Criterion, Protocol, Study


class CriterionSerializer(serializers.ModelSerializer[Criterion]):
    class Meta:
        model = Criterion
        fields = ["key", "label", "help", "required"]


class ProtocolSerializer(serializers.ModelSerializer[Protocol]):
    criteria = CriterionSerializer(many=True, read_only=True)

    class Meta:
        model = Protocol
        fields = [
            "version",
            "input_kind",
            "output_kind",
            "question",
            "instructions",
            "scale",
            "pairing",
            "votes_per_comparison",
            "target_votes",
            "least_seconds",
            "least_view_seconds",
            "error_pack",
            "asks_confidence",
            "shows_differences",
            "repeat_percent",
            "offers_same_case",
            "break_minutes",
            "break_ballots",
            "qualification_percent",
            "qualification_tries",
            "criteria",
        ]


class StudySerializer(serializers.ModelSerializer[Study]):
    case_count = serializers.IntegerField(read_only=True)
    system_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Study
        fields = [
            "slug",
            "title",
            "summary",
            "status",
            "visibility",
            "leaderboard_published",
            "synthetic",
            "holds_simulated_votes",
            "case_source",
            "ethics",
            "opened_at",
            "closed_at",
            "case_count",
            "system_count",
        ]


class StudyDetailSerializer(StudySerializer):
    protocol = serializers.SerializerMethodField()

    class Meta(StudySerializer.Meta):
        fields = [*StudySerializer.Meta.fields, "protocol"]

    @extend_schema_field(ProtocolSerializer(allow_null=True))
    def get_protocol(self, study: Study) -> Any:
        protocol = study.protocols.prefetch_related("criteria").order_by("-version").first()
        return ProtocolSerializer(protocol).data if protocol else None


class AssetSerializer(serializers.ModelSerializer[Asset]):
    class Meta:
        model = Asset
        fields = ["name", "media_type", "digest", "size", "meta"]


class CaseSerializer(serializers.ModelSerializer[CaseVersion]):
    """The newest version of a case."""

    key = serializers.CharField(source="case.key")
    version = serializers.IntegerField(source="number")
    assets = AssetSerializer(many=True, read_only=True)

    class Meta:
        model = CaseVersion
        fields = [
            "key",
            "version",
            "input_kind",
            "title",
            "content",
            "reference",
            "strata",
            "specialty",
            "language",
            "synthetic",
            "source",
            "licence",
            "digest",
            "assets",
        ]


class CasesImportSerializer(serializers.Serializer[Any]):
    """A file, as for ``import_cases``."""

    file = serializers.FileField()
    columns = serializers.CharField(
        required=False, default="", help_text="The file's names for ours: key=id,text=note"
    )
    accept_phi_findings = serializers.BooleanField(required=False, default=False)


class CasesImportedSerializer(serializers.Serializer[Any]):
    stored = serializers.IntegerField(help_text="Cases that are new or changed.")
