"""Exports over HTTP."""

from typing import Any

from django.http import FileResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from arena.accounts.models import User
from arena.exports.formats import FORMATS
from arena.exports.models import Export
from arena.exports.selectors import exports_of
from arena.exports.services import export_request
from arena.exports.views import export_file
from arena.leaderboards.api import simulated_mark
from arena.studies.access import Action, study_for
from arena.voting.models import Origin


class ExportSerializer(serializers.ModelSerializer[Export]):
    """``url`` is null until the export is ready; fetch it with the same token."""

    url = serializers.SerializerMethodField()
    mark = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields = (
            "id",
            "format",
            "origin",
            "mark",
            "last_vote",
            "status",
            "digest",
            "size",
            "error",
            "requested_at",
            "finished_at",
            "url",
        )

    def get_url(self, export: Export) -> str | None:
        if export.status != Export.Status.READY:
            return None
        return reverse("api-export-file", args=[export.study.slug, export.pk])

    def get_mark(self, export: Export) -> str:
        return simulated_mark(export.origin)


class ExportRequestSerializer(serializers.Serializer[dict[str, Any]]):
    format = serializers.ChoiceField(choices=list(FORMATS))
    origin = serializers.ChoiceField(choices=Origin.choices, default=Origin.HUMAN)


class ExportsView(APIView):
    @extend_schema(responses=ExportSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The study's exports, newest first."""
        study = study_for(user=request.user, slug=slug, action=Action.DOWNLOAD)
        found = exports_of(study=study, origin=request.query_params.get("origin", ""))[:100]
        return Response(ExportSerializer(found, many=True).data)

    @extend_schema(request=ExportRequestSerializer, responses={202: ExportSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Asks for an export; the one there is, if nothing has changed since."""
        study = study_for(user=request.user, slug=slug, action=Action.DOWNLOAD)
        asked = ExportRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        export = export_request(
            study=study,
            name=asked.validated_data["format"],
            origin=asked.validated_data["origin"],
            by=request.user if isinstance(request.user, User) else None,
        )
        return Response(ExportSerializer(export).data, status=status.HTTP_202_ACCEPTED)


class ExportFileView(APIView):
    @extend_schema(responses={(200, "application/zip"): bytes})
    def get(self, request: Request, slug: str, pk: int) -> FileResponse:
        """The zip, for the token or session that may download."""
        study = study_for(user=request.user, slug=slug, action=Action.DOWNLOAD)
        return export_file(study=study, pk=pk, user=request.user)
