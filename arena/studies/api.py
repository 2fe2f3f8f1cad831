"""Studies and their cases below /api/v1/."""

from typing import cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from arena.accounts.models import User
from arena.studies.access import Action, study_for
from arena.studies.case_import.columns import columns_named
from arena.studies.models import CaseVersion, Study
from arena.studies.selectors import case_versions_current, studies_visible
from arena.studies.serializers import (
    CaseSerializer,
    CasesImportedSerializer,
    CasesImportSerializer,
    StudyDetailSerializer,
    StudySerializer,
)
from arena.studies.uploads import cases_import_upload


class StudyList(generics.ListAPIView[Study]):
    """The studies you may know of, newest first."""

    serializer_class = StudySerializer

    def get_queryset(self) -> QuerySet[Study]:
        return studies_visible(self.request.user)


class StudyDetail(generics.RetrieveAPIView[Study]):
    """One study with the protocol in force."""

    serializer_class = StudyDetailSerializer

    def get_object(self) -> Study:
        study = study_for(user=self.request.user, slug=self.kwargs["slug"], action=Action.SEE)
        return studies_visible(self.request.user).get(pk=study.pk)


class CaseList(generics.ListAPIView[CaseVersion]):
    """The cases of a study, with their references, for whoever may download its data."""

    serializer_class = CaseSerializer
    parser_classes = [MultiPartParser]
    permission_classes = [IsAuthenticatedOrReadOnly]
    queryset = CaseVersion.objects.none()

    def get_queryset(self) -> QuerySet[CaseVersion]:
        study = study_for(user=self.request.user, slug=self.kwargs["slug"], action=Action.DOWNLOAD)
        return case_versions_current(study=study).prefetch_related("assets")

    @extend_schema(request=CasesImportSerializer, responses={201: CasesImportedSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Import a file of cases: all of them, or, with a fault named by row and column, none."""
        study = study_for(user=request.user, slug=slug, action=Action.MANAGE)
        form = CasesImportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        stored = cases_import_upload(
            study=study,
            by=cast(User, request.user),  # signed in: only readers need not be
            upload=form.validated_data["file"],
            columns=columns_named(form.validated_data["columns"]),
            accept_phi_findings=form.validated_data["accept_phi_findings"],
        )
        return Response({"stored": stored}, status=status.HTTP_201_CREATED)
