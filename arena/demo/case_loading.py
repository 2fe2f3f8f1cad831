"""From the demo's notes and pictures to cases of a study."""

from typing import Any

import numpy as np

from arena.accounts.models import User
from arena.demo.images import Mask, Picture, pictures
from arena.demo.notes import Note, notes
from arena.studies.models import Study
from arena.studies.new_case import SourceFile
from arena.studies.readers.pictures import clean_image
from arena.studies.services import NewAsset, case_add
from evaluation.kinds.rle import rle_encode


def note_cases_add(*, study: Study, by: User, output_kind: str) -> None:
    for note in notes():
        case_add(
            study=study,
            by=by,
            key=note.key,
            input_kind="clinical-note",
            content={"text": note.text},
            title=note.title,
            reference=note_reference(note, output_kind),
            strata={"specialty": note.specialty},
            specialty=note.specialty,
            synthetic=True,
            source="Written for the demo",
            licence="Apache-2.0",
        )


def note_reference(note: Note, output_kind: str) -> dict[str, Any]:
    return {"spans": note.spans} if output_kind == "spans" else {"text": note.summary}


def image_cases_add(*, study: Study, by: User, output_kind: str) -> None:
    """Each picture passes the same cleaning as a coordinator's upload."""
    for picture in pictures():
        image = clean_image(SourceFile(name=picture.file_name, data=picture.data))
        case_add(
            study=study,
            by=by,
            key=picture.key,
            input_kind="image-2d",
            content={"caption": f"Outline: {picture.target}"},
            assets=[image],
            title=picture.title,
            reference=picture_reference(picture, image),
            strata={"specialty": picture.specialty},
            specialty=picture.specialty,
            synthetic=picture.synthetic,
            source=picture.source,
            licence=picture.licence,
        )


def picture_reference(picture: Picture, image: NewAsset) -> dict[str, Any] | None:
    """The mask a synthetic picture was drawn from, as a record of the kind ``mask``."""
    if picture.mask is None:
        return None
    return mask_record(picture.mask, label=picture.target)


def mask_record(mask: Mask, *, label: str) -> dict[str, Any]:
    height, width = mask.shape
    counts = rle_encode(np.asarray(mask))
    return {"width": width, "height": height, "objects": [{"label": label, "counts": counts}]}
