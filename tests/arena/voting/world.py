"""A study ready for voting, whose systems carry names no page may show before the vote."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from arena.accounts.models import RaterProfile, User
from arena.generations.models import (
    Generation,
    OutputFile,
    StudySystem,
    System,
    SystemVersion,
)
from arena.generations.services.answers import output_checked
from arena.generations.services.output_files import files_saved
from arena.studies.formats import case_facts
from arena.studies.models import Asset, Case, CaseVersion, Criterion, Membership, Protocol, Study
from arena.studies.new_case import NewAsset
from evaluation.kinds import kind_for
from tests.kinds_examples import NOTE, SIDE, examples, files_of, input_kind

NAMES = ("Quetzal", "Wombat", "Narwhal", "Ocelot")


@dataclass
class World:
    study: Study
    protocol: Protocol
    raters: list[User]
    cases: list[CaseVersion]
    systems: list[StudySystem]

    @property
    def rater(self) -> User:
        return self.raters[0]


def world(
    kind: str = "summary",
    *,
    n_raters: int = 1,
    n_cases: int = 2,
    n_systems: int = 2,
    criteria: tuple[str, ...] = ("overall",),
    slug: str = "",
    study: dict[str, Any] | None = None,
    **protocol: Any,
) -> World:
    slug = slug or f"study-of-{kind}"
    coordinator = User.objects.create_user(f"coordinator@{slug}.example", "secret")
    made = Study.objects.create(
        slug=slug,
        title=f"Study of {kind}",
        created_by=coordinator,
        **{"status": "open", "opened_at": timezone.now(), "seed": 7, **(study or {})},
    )
    ruled = Protocol.objects.create(
        study=made,
        version=1,
        input_kind=input_kind(kind),
        output_kind=kind,
        question="Which would you rather act on?",
        **protocol,
    )
    Criterion.objects.bulk_create(
        Criterion(protocol=ruled, key=key, label=key.title(), position=i, required=i == 0)
        for i, key in enumerate(criteria)
    )
    raters = [rater(made, f"rater-{i}@{slug}.example") for i in range(n_raters)]
    cases = [case(made, number, kind) for number in range(n_cases)]
    systems = [system(made, coordinator, NAMES[i]) for i in range(n_systems)]
    for n, competitor in enumerate(systems):
        for version in cases:
            generation(competitor, version, sample_record(kind, n))
    return World(made, ruled, raters, cases, systems)


def rater(study: Study, email: str, **profile: Any) -> User:
    user = User.objects.create_user(email, "secret")
    RaterProfile.objects.update_or_create(user=user, defaults={"tour_seen": 1, **profile})
    Membership.objects.create(study=study, user=user, role=Membership.Role.RATER)
    return user


def case(study: Study, number: int, kind: str = "summary") -> CaseVersion:
    owner = Case.objects.create(study=study, key=f"case-{number}", position=number)
    images = input_kind(kind) == "image-2d"
    version = CaseVersion.objects.create(
        case=owner,
        input_kind=input_kind(kind),
        title=f"Case {number}",
        content={"caption": "A disc"} if images else {"text": NOTE},
        reference={"text": "Fever and cough: amoxicillin."} if kind == "summary" else None,
        digest=f"{number:064}",
        synthetic=True,
    )
    if images:
        image_asset(version)
    return version


def image_asset(version: CaseVersion) -> Asset:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((SIDE, SIDE)).save(buffer, "PNG")
    data = buffer.getvalue()
    return Asset.objects.create(
        case_version=version,
        name="image",
        media_type="image/png",
        digest=f"{version.pk:064x}",
        size=len(data),
        file=ContentFile(data, "image"),
        meta={"width": SIDE, "height": SIDE, "spacing_mm": [0.5, 0.5], "modality": "XR"},
    )


def system(study: Study, owner: User, name: str) -> StudySystem:
    competitor, _ = System.objects.get_or_create(
        slug=f"{name.lower()}-slug",
        defaults={
            "name": f"{name} Name",
            "maker": f"{name} Maker",
            "aliases": [f"{name} Alias"],
            "owner": owner,
        },
    )
    version, _ = SystemVersion.objects.get_or_create(
        system=competitor,
        number=1,
        defaults={
            "adapter": f"{name.lower()}-adapter",
            "revision": f"{name.lower()}-revision",
            "config": {"method": f"{name.lower()}-method"},
            "prompt": f"{name} prompt",
            "digest": f"{name.lower()}-digest",
        },
    )
    return StudySystem.objects.create(study=study, version=version, label=f"{name} Label")


def sample_record(kind: str, n: int) -> dict[str, Any]:
    """The ``n``-th system's answer: different from the others', and naming nobody."""
    if kind == "mask":
        inside = 4 + n
        runs = [inside * SIDE, SIDE * SIDE // 2, SIDE * SIDE // 2 - inside * SIDE]
        return {"width": SIDE, "height": SIDE, "objects": [{"label": "disc", "counts": runs}]}
    if kind == "spans":
        start = NOTE.index("cough")
        return {
            "spans": [
                {"start": 9, "end": 14, "type": "problem"},
                {"start": start, "end": start + 5 + n, "type": "problem"},
            ]
        }
    if kind in examples() and kind != "summary":
        records = examples()[kind].records
        return records[n % len(records)]
    return {"text": f"Pneumonia is likely, version {'abcd'[n]}. Amoxicillin was started."}


def generation(
    competitor: StudySystem, version: CaseVersion, record: dict[str, Any] | None, **fields: Any
) -> Generation:
    """What a system answered; the example's files that ``record`` names are stored with it."""
    name = competitor.label.split()[0].lower()
    record, assets = _with_files(competitor, version, record)
    status = Generation.Status.SUCCEEDED if record is not None else Generation.Status.FAILED
    failure = "" if record is not None else Generation.Failure.TIMED_OUT
    values: dict[str, Any] = {
        "status": status,
        "failure": failure,
        "error": "" if record is not None else f"{name}-error after 7321 ms",
        "record": record,
        "record_digest": f"{name}-record-digest-{version.pk}",
        "lease_owner": f"{name}-worker",
        "provenance": {"engine": f"{name}-engine", "seconds": 7.321},
        **fields,
    }
    made = Generation.objects.create(study_system=competitor, case_version=version, **values)
    OutputFile.objects.bulk_create(files_saved(made, assets))
    return made


def _with_files(
    competitor: StudySystem, version: CaseVersion, record: dict[str, Any] | None
) -> tuple[dict[str, Any] | None, list[NewAsset]]:
    files = files_of(record)
    if record is None or not files:
        return record, []
    kind = kind_for(competitor.study.protocols.latest("version").output_kind)
    return output_checked(record, files, kind=kind, facts=case_facts(version))
