"""The demo's three studies: what is asked, the systems that take part, the cases."""

from dataclasses import dataclass
from typing import Any

from arena.accounts.models import User
from arena.core.db import write_txn
from arena.demo.case_loading import image_cases_add, note_cases_add
from arena.demo.people import people_load, raters_join
from arena.generations.services import generation_request, study_system_add, system_register
from arena.studies.models import Study
from arena.studies.services import protocol_create, study_create, study_open, study_publish


@dataclass(frozen=True)
class DemoSystem:
    """A weight-free system: it computes its outputs in the worker while you watch.

    Named after a tree: a name that told the method would let a rater guess sides from the text.
    """

    slug: str
    name: str
    description: str
    config: dict[str, Any]


@dataclass(frozen=True)
class DemoStudy:
    slug: str
    title: str
    summary: str
    input_kind: str
    output_kind: str
    question: str
    adapter: str
    systems: list[DemoSystem]
    criteria: list[dict[str, Any]]
    case_source: str
    instructions: str = ""
    synthetic: bool = True


OVERALL = {"key": "overall", "label": "Overall", "help": "All things considered."}

SUMMARIES = DemoStudy(
    slug="discharge-summaries",
    title="Which summary would you hand over?",
    summary=(
        "Emergency and ward notes, shortened by four extractive methods. Raters choose the summary"
        " they would rather receive at handover."
    ),
    input_kind="clinical-note",
    output_kind="summary",
    question="Which summary would you rather receive at handover?",
    instructions=(
        "Read the note first. A good handover names the problem, what was found, what was done and"
        " **what must not be forgotten**. Flag a summary as unsafe if acting on it alone could"
        " harm the patient."
    ),
    adapter="extractive-summary",
    systems=[
        DemoSystem(
            "hawthorn",
            "Hawthorn",
            "The first sentences of the note.",
            {"method": "lead"},
        ),
        DemoSystem(
            "sycamore",
            "Sycamore",
            "TextRank: sentences that many other sentences resemble.",
            {"method": "textrank"},
        ),
        DemoSystem(
            "rosewood",
            "Rosewood",
            "The first sentences of the sections that matter at handover.",
            {"method": "sections"},
        ),
        DemoSystem(
            "tamarisk",
            "Tamarisk",
            "Sentences with the highest TF-IDF weight, without repeating themselves.",
            {"method": "tfidf"},
        ),
    ],
    criteria=[
        OVERALL,
        {
            "key": "completeness",
            "label": "Completeness",
            "required": False,
            "help": "Which leaves out less that matters?",
        },
    ],
    case_source="Twelve synthetic notes written for this demo.",
)

SEGMENTATIONS = DemoStudy(
    slug="image-outlines",
    title="Which outline is closer?",
    summary=(
        "Films, photographs, micrographs and slices, outlined by four classical segmentation"
        " methods. Raters choose the outline that needs less correction."
    ),
    input_kind="image-2d",
    output_kind="mask",
    question="Which outline would need less correction by you?",
    instructions="The structure to outline is named above the image. Both panes move together.",
    adapter="segmentation",
    systems=[
        DemoSystem(
            "chestnut",
            "Chestnut",
            "Otsu's threshold over the whole image.",
            {"method": "otsu"},
        ),
        DemoSystem("mulberry", "Mulberry", "Watershed from markers.", {"method": "watershed"}),
        DemoSystem(
            "magnolia",
            "Magnolia",
            "Morphological Chan–Vese active contour.",
            {"method": "active-contour"},
        ),
        DemoSystem(
            "eucalyptus",
            "Eucalyptus",
            "SLIC superpixels, joined by brightness.",
            {"method": "slic"},
        ),
    ],
    criteria=[OVERALL],
    case_source="Sample images of scikit-image and pydicom; nine images synthesised for this demo.",
    synthetic=False,
)

ENTITIES = DemoStudy(
    slug="note-entities",
    title="Which marking of the note is better?",
    summary=(
        "Problems, medications, doses, tests and anatomy marked in clinical notes by three taggers."
        " Raters choose the marking they would rather trust."
    ),
    input_kind="clinical-note",
    output_kind="spans",
    question="Which marking would you rather trust for the problem and medication list?",
    instructions=(
        "Both panes show the same note. Solid marks are on both sides, dashed marks only on one."
    ),
    adapter="entity-tagging",
    systems=[
        DemoSystem(
            "oleander", "Oleander", "A dictionary of clinical terms.", {"method": "dictionary"}
        ),
        DemoSystem(
            "juniper",
            "Juniper",
            "Regular expressions over endings and units.",
            {"method": "pattern"},
        ),
        DemoSystem(
            "hornbeam",
            "Hornbeam",
            "Both, longest match first.",
            {"method": "combined"},
        ),
    ],
    criteria=[OVERALL],
    case_source="Twelve synthetic notes written for this demo.",
)

# In the order of the queue: the slow contours last, so that every study opens within seconds.
STUDIES = [SUMMARIES, ENTITIES, SEGMENTATIONS]


def demo_load() -> list[Study]:
    """Load what is missing of the demo; votes and studies that exist stay as they are."""
    coordinator = people_load()
    studies = [demo_study_load(demo, by=coordinator) for demo in STUDIES]
    for study in studies:
        generation_request(study=study, by=coordinator)
    return studies


def demo_study_load(demo: DemoStudy, *, by: User) -> Study:
    found = Study.objects.filter(slug=demo.slug).first()
    if found is not None:
        return found
    with write_txn():
        return demo_study_create(demo, by=by)


def demo_study_create(demo: DemoStudy, *, by: User) -> Study:
    study = study_create(
        by=by,
        slug=demo.slug,
        title=demo.title,
        summary=demo.summary,
        visibility=Study.Visibility.PUBLIC,
        synthetic=demo.synthetic,
        case_source=demo.case_source,
        ethics="None needed: no patient stands behind these cases.",
    )
    protocol_create(
        study=study,
        by=by,
        input_kind=demo.input_kind,
        output_kind=demo.output_kind,
        question=demo.question,
        criteria=demo.criteria,
        instructions=demo.instructions,
        repeat_percent=5,
    )
    add_cases = image_cases_add if demo.input_kind == "image-2d" else note_cases_add
    add_cases(study=study, by=by, output_kind=demo.output_kind)
    for system in demo.systems:
        demo_system_add(system, study=study, adapter=demo.adapter, by=by)
    raters_join(study=study, by=by)
    study_open(study=study, by=by)
    study_publish(study=study, by=by)
    return study


def demo_system_add(system: DemoSystem, *, study: Study, adapter: str, by: User) -> None:
    version = system_register(
        slug=system.slug,
        by=by,
        name=system.name,
        maker="Consilium demo",
        adapter=adapter,
        config=system.config,
        description=system.description,
        intended_use="Demonstration only.",
        licence="Apache-2.0",
    )
    study_system_add(study=study, version=version, by=by)
