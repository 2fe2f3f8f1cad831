"""A clip that a system made: synthetic, simulated, a rollout of what may come."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks, files
from evaluation.kinds.base import CaseFacts, Record


class GeneratedVideo:
    """``{"video": file, "synthetic": bool}``.

    ``synthetic`` (if left out: yes) goes into exports; raters are not told.
    """

    key = "video-generated"
    title = "Generated clip"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["video"], optional=["synthetic"])
        video = files.file(record["video"], "video", case, types=files.CLIPS)
        synthetic = checks.truth(record.get("synthetic", True), "synthetic")
        return {"video": video, "synthetic": synthetic}

    def is_empty(self, record: Record) -> bool:
        """Never: a clip is there."""
        return False

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """None: how good a made clip is, people say."""
        return {}


KIND = GeneratedVideo()
