"""What the voting API takes and gives."""

from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from arena.voting.answers import ErrorType
from arena.voting.models import Outcome, SafetyFlag, Side, Skip, Vote
from arena.voting.places import Plane

MOST_ATTEMPTS = 30_000  # the column holds little more


class BallotCriterionSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    help = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]


class BlindSideSerializer(serializers.Serializer[Any]):
    side = serializers.ChoiceField(choices=Side.choices)
    title = serializers.CharField()
    data = serializers.DictField(  # type: ignore[assignment]
        help_text="As the output kind's presenter gives it."
    )
    problem = serializers.CharField(help_text="Why there is no output; else empty.")


class BallotSerializer(serializers.Serializer[Any]):
    """All that a rater may know before the vote."""

    uuid = serializers.UUIDField()
    study = serializers.SlugField()
    attempt = serializers.IntegerField()
    position = serializers.IntegerField()
    kind = serializers.CharField()
    question = serializers.CharField()
    criteria = BallotCriterionSerializer(many=True)
    outcomes = serializers.ListField(child=serializers.ChoiceField(choices=Outcome.choices))
    synthetic = serializers.BooleanField()
    case = serializers.DictField()
    left = BlindSideSerializer()
    right = BlindSideSerializer()


class NextSerializer(serializers.Serializer[Any]):
    same_case = serializers.BooleanField(
        default=False,
        help_text="Rather of the case answered last, as long as there is more of it to judge.",
    )


class SafetyFlagSerializer(serializers.Serializer[Any]):
    side = serializers.ChoiceField(choices=Side.choices)
    extent = serializers.ChoiceField(choices=SafetyFlag.Extent.choices)
    likelihood = serializers.ChoiceField(choices=SafetyFlag.Likelihood.choices)
    error_types = serializers.MultipleChoiceField(choices=ErrorType.choices, required=False)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class RegionSerializer(serializers.Serializer[Any]):
    x = serializers.FloatField()
    y = serializers.FloatField()
    width = serializers.FloatField()
    height = serializers.FloatField()
    plane = serializers.ChoiceField(
        choices=Plane.choices, required=False, help_text="Of a volume, with the slice."
    )
    slice = serializers.IntegerField(
        min_value=0, required=False, help_text="From 0 at the feet, the back or the left."
    )

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            raise serializers.ValidationError(f"A region has no {unknown[0]!r}; leave it out.")
        return super().to_internal_value(data)


class HighlightSerializer(serializers.Serializer[Any]):
    """A span (start and end), a region, or neither: then something is missing, error_type is
    omission or missed_comparison, and the note says what.
    """

    side = serializers.ChoiceField(choices=Side.choices)
    start = serializers.IntegerField(min_value=0, required=False)
    end = serializers.IntegerField(min_value=1, required=False)
    quote = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="The words of the span."
    )
    region = RegionSerializer(required=False, help_text="Pixels of the image or slice.")
    error_type = serializers.ChoiceField(choices=ErrorType.choices, required=False)
    significant = serializers.BooleanField(required=False)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class ReadingSerializer(serializers.Serializer[Any]):
    left = serializers.FloatField(min_value=0, required=False, allow_null=True)
    right = serializers.FloatField(min_value=0, required=False, allow_null=True)
    looked = serializers.BooleanField(
        required=False, allow_null=True, help_text="An image was enlarged or moved."
    )


class VoteSerializer(serializers.Serializer[Any]):
    attempt = serializers.IntegerField(
        min_value=1, max_value=MOST_ATTEMPTS, help_text="As the ballot says."
    )
    outcomes = serializers.DictField(
        child=serializers.ChoiceField(choices=Outcome.choices),
        help_text="Criterion key to outcome.",
    )
    flags = SafetyFlagSerializer(many=True, required=False)
    highlights = HighlightSerializer(many=True, required=False)
    confidence = serializers.ChoiceField(choices=Vote.Confidence.choices, required=False)
    reason = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    reading = ReadingSerializer(required=False, help_text="Seconds each output was in view.")
    accept_findings = serializers.BooleanField(
        required=False, help_text="What looks like an identifier in the texts points to nobody."
    )


class SkipSerializer(serializers.Serializer[Any]):
    attempt = serializers.IntegerField(min_value=1, max_value=MOST_ATTEMPTS)
    reason = serializers.ChoiceField(choices=Skip.Reason.choices)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)
    accept_findings = serializers.BooleanField(required=False)


StoredSerializer = inline_serializer(
    "Stored", {"ballot": serializers.UUIDField(), "status": serializers.CharField()}
)
