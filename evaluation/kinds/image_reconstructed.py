"""A picture or a loop reconstructed from an acquisition: numbers, not yet shades of grey."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks, files
from evaluation.kinds.base import CaseFacts, Record


class ReconstructedImage:
    """``{"image": file, "unit": str}``; the file is an array (height, width) or a loop of those.

    ``unit`` may be left out.
    """

    key = "image-reconstructed"
    title = "Reconstructed image or loop"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["image"], optional=["unit"])
        image = files.file(record["image"], "image", case, types=[files.ARRAY])
        unit = {"unit": checks.word(record["unit"], "unit", most=40)} if record.get("unit") else {}
        return {"image": image, **unit}

    def is_empty(self, record: Record) -> bool:
        """Where all numbers are the same, nothing is to be seen."""
        return bool(record["image"]["low"] == record["image"]["high"])

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """None: the numbers are in files, which references do not bring."""
        return {}


KIND = ReconstructedImage()
