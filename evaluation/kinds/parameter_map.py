"""A physical quantity at each place: T2, perfusion, a lifetime, a stiffness."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from evaluation.kinds import checks
from evaluation.kinds.base import CaseFacts, Record
from evaluation.kinds.grids import array, grid
from evaluation.scores.maps import correlation, mean_error


class ParameterMap:
    """``{"quantity": str, "unit": str, "values": [[number or null, …], …]}``.

    Rows from top to bottom, at most 512 × 512; ``null`` where nothing was measured. Over a case
    that is an image the grid covers all of it; a quantity without a unit has the unit ``1``.
    """

    key = "parameter-map"
    title = "Map of a quantity"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["quantity", "unit", "values"])
        return {
            "quantity": checks.word(record["quantity"], "quantity"),
            "unit": checks.word(record["unit"], "unit", most=40),
            "values": grid(record["values"], "values", gaps=True),
        }

    def is_empty(self, record: Record) -> bool:
        return not np.isfinite(array(record["values"])).any()

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """Absolute error, bias and correlation over places both have; NaN for another unit."""
        nothing = float("nan")
        if record["unit"] != reference["unit"]:
            return {"mae": nothing, "bias": nothing, "correlation": nothing}
        found, true = array(record["values"]), array(reference["values"])
        mae, bias = mean_error(found, true)
        return {"mae": mae, "bias": bias, "correlation": correlation(found, true)}


KIND = ParameterMap()
