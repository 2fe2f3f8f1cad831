"""Which exports there are."""

from django.db.models import QuerySet

from arena.exports.models import Export
from arena.studies.models import Study
from arena.voting.models import Retraction


def exports_of(*, study: Study, origin: str = "") -> QuerySet[Export]:
    """Newest first."""
    exports = Export.objects.filter(study=study).select_related("study")
    return exports.filter(origin=origin) if origin else exports


def export_current(*, study: Study, name: str, origin: str, last_vote: int) -> Export | None:
    """An export, waiting or ready, that no vote, retraction or protocol has overtaken."""
    changes = [
        Retraction.objects.filter(vote__ballot__study=study).order_by("-pk"),
        study.protocols.order_by("-pk"),
    ]
    times = [newest.created_at for found in changes if (newest := found.first())]
    exports = exports_of(study=study, origin=origin).filter(format=name, last_vote=last_vote)
    exports = exports.exclude(status=Export.Status.FAILED)
    return exports.filter(requested_at__gt=max(times)).first() if times else exports.first()
