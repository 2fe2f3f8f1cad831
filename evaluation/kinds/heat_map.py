"""How much weight each place of an image had."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks, regions
from evaluation.kinds.base import CaseFacts, Record
from evaluation.kinds.grids import array, grid
from evaluation.scores.maps import correlation, pointing_hit, similarity


class HeatMap:
    """``{"values": [[number, …], …]}``: weights of 0 and more on a grid over the whole image.

    Rows from top to bottom, columns from left to right, at most 512 × 512; a weight of 0 leaves
    the image as it is.
    """

    key = "heat-map"
    title = "Heat map over an image"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["values"])
        regions.image_size(case, "values")
        return {"values": grid(record["values"], "values", least=0)}

    def is_empty(self, record: Record) -> bool:
        return not array(record["values"]).any()

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Correlation, similarity, and whether the greatest weight lies on the reference's."""
        found, true = array(record["values"]), array(reference["values"])
        return {
            "correlation": correlation(found, true),
            "similarity": similarity(found, true),
            "pointing_hit": pointing_hit(found, true),
        }


KIND = HeatMap()
