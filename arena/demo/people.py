"""The demo's accounts. They exist only where the demo was loaded, on the loopback address."""

from arena.accounts.models import RaterProfile, User
from arena.studies.models import Membership, Study
from arena.studies.services import member_add

PASSWORD = "consilium-demo"  # noqa: S105  (printed on the terminal for whoever runs the demo)
ADMIN = "admin@demo.example"
COORDINATOR = "coordinator@demo.example"
RATERS = {
    "clinician@demo.example": ("Dr Ada Demo", "cardiology"),
    "radiologist@demo.example": ("Dr Ben Demo", "radiology"),
    "pharmacist@demo.example": ("Cleo Demo", "clinical pharmacy"),
}


def people_load() -> User:
    """Create the demo's accounts where they are missing; returns the coordinator."""
    for email in (ADMIN, COORDINATOR):
        name = email.split("@")[0].capitalize()
        person(email, name, is_staff=email == ADMIN, is_superuser=email == ADMIN)
    for email, (name, specialty) in RATERS.items():
        rater = person(email, name)
        RaterProfile.objects.update_or_create(
            user=rater, defaults={"profession": "clinician", "specialty": specialty}
        )
    return User.objects.get(email=COORDINATOR)


def person(email: str, name: str, **flags: bool) -> User:
    user = User.objects.filter(email=email).first()
    return user or User.objects.create_user(email, PASSWORD, name=name, **flags)


def raters_join(*, study: Study, by: User) -> None:
    for email in RATERS:
        user = User.objects.get(email=email)
        member_add(study=study, user=user, role=Membership.Role.RATER, by=by)
