"""Voting for programs: the same ballots, as blind as on the page."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from arena.accounts.models import User
from arena.studies.access import Action, study_for
from arena.voting.access import ballot_for
from arena.voting.answers import Flag, Mark, Reading
from arena.voting.blinding import ballot_json
from arena.voting.selectors import ballot_answered_last
from arena.voting.serializers import (
    BallotSerializer,
    NextSerializer,
    SkipSerializer,
    StoredSerializer,
    VoteSerializer,
)
from arena.voting.services import ballot_next, ballot_skip, vote_cast, vote_undo


class RaterView(APIView):
    """Only for signed-in people; which study or ballot is theirs is decided by the access table."""

    permission_classes = (IsAuthenticated,)

    def rater(self, request: Request) -> User:
        assert isinstance(request.user, User)  # noqa: S101  IsAuthenticated saw to it
        return request.user


class NextBallot(RaterView):
    @extend_schema(
        request=None,
        parameters=[NextSerializer],
        responses={200: BallotSerializer, 204: OpenApiResponse(description="Nothing left.")},
    )
    def post(self, request: Request, slug: str) -> Response:
        """The open ballot of the rater, or a newly drawn one."""
        rater = self.rater(request)
        study = study_for(user=rater, slug=slug, action=Action.VOTE)
        wish = _valid(NextSerializer(data=request.query_params))
        after = ballot_answered_last(rater=rater, study=study) if wish["same_case"] else None
        ballot = ballot_next(rater=rater, study=study, after=after)
        if ballot is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(ballot_json(ballot=ballot))


class BallotDetail(RaterView):
    @extend_schema(responses=BallotSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        """A ballot of this rater, as it was first shown."""
        return Response(ballot_json(ballot=ballot_for(user=self.rater(request), uuid=uuid)))


class BallotVote(RaterView):
    @extend_schema(request=VoteSerializer, responses={201: StoredSerializer})
    def post(self, request: Request, uuid: UUID) -> Response:
        """Store the vote. Sent again it changes nothing and answers the same."""
        ballot = ballot_for(user=self.rater(request), uuid=uuid)
        answer = _valid(VoteSerializer(data=request.data))
        answer["flags"] = [Flag(**flag) for flag in answer.get("flags", [])]
        answer["highlights"] = [Mark(**mark) for mark in answer.get("highlights", [])]
        answer["reading"] = Reading(**answer.get("reading", {}))
        vote_cast(ballot_uuid=ballot.uuid, rater=ballot.rater, **answer)
        return _stored(uuid, "voted")


class BallotSkip(RaterView):
    @extend_schema(request=SkipSerializer, responses={201: StoredSerializer})
    def post(self, request: Request, uuid: UUID) -> Response:
        """Give the ballot back without an answer."""
        ballot = ballot_for(user=self.rater(request), uuid=uuid)
        reason = _valid(SkipSerializer(data=request.data))
        ballot_skip(ballot_uuid=ballot.uuid, rater=ballot.rater, **reason)
        return _stored(uuid, "skipped")


class BallotUndo(RaterView):
    @extend_schema(request=None, responses=BallotSerializer)
    def post(self, request: Request, uuid: UUID) -> Response:
        """Take the latest answer back; the ballot opens again under the next attempt."""
        ballot = ballot_for(user=self.rater(request), uuid=uuid)
        reopened = vote_undo(ballot_uuid=ballot.uuid, rater=ballot.rater)
        return Response(ballot_json(ballot=reopened))


def _valid(serializer: Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _stored(uuid: UUID, state: str) -> Response:
    return Response({"ballot": str(uuid), "status": state}, status=status.HTTP_201_CREATED)
