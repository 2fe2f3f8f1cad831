"""A picture that a system made: synthetic, simulated, virtually stained, translated."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks, files
from evaluation.kinds.base import CaseFacts, Record


class GeneratedImage:
    """``{"image": file, "synthetic": bool}``.

    ``synthetic`` (if left out: yes) goes into exports; raters are not told, since a study may ask
    them which picture is real.
    """

    key = "image-generated"
    title = "Generated image"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["image"], optional=["synthetic"])
        image = files.file(record["image"], "image", case, types=[files.PICTURE])
        synthetic = checks.truth(record.get("synthetic", True), "synthetic")
        return {"image": image, "synthetic": synthetic}

    def is_empty(self, record: Record) -> bool:
        """Never: a picture is there."""
        return False

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """None: how good a made picture is, people say."""
        return {}


KIND = GeneratedImage()
