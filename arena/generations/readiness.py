"""What a study needs of its systems before it is opened."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from arena.generations.models import Generation
from arena.generations.taking import systems_untaking
from arena.studies.models import Study
from arena.studies.readiness import Requirement, Step, requires


@requires(Step.OPEN)
def has_systems_with_outputs(study: Study) -> Iterable[Requirement]:
    """Two, or there is nothing to compare.

    Outputs may still be on their way when a study opens; a rater who comes before them is told so.
    """
    active = study.study_systems.filter(withdrawn_at=None)
    answers = Generation.objects.filter(
        study_system=OuterRef("pk"), status=Generation.Status.SUCCEEDED
    )
    page = "manage-systems"
    yield Requirement(
        "At least two systems take part.", active.count() >= 2, "add two systems", page
    )
    yield Requirement(
        "At least two systems have outputs.",
        active.filter(Exists(answers)).count() >= 2,
        "start generation",
        page,
        needed=False,
    )
    untaking = systems_untaking(study=study)
    yield Requirement(
        "Every system can take the cases.",
        not untaking,
        "look at those that cannot",
        page,
        needed=False,
    )
