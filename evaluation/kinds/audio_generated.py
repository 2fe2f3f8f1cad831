"""A sound that a system made: a synthetic voice, a heart sound, a cough."""

from collections.abc import Mapping
from typing import Any

from evaluation.kinds import checks, files
from evaluation.kinds.base import CaseFacts, Record


class GeneratedAudio:
    """``{"audio": file, "synthetic": bool}``.

    ``synthetic`` (if left out: yes) goes into exports; raters are not told.
    """

    key = "audio-generated"
    title = "Generated sound"

    def validate(self, record: Mapping[str, Any], case: CaseFacts) -> Record:
        checks.fields(record, "", required=["audio"], optional=["synthetic"])
        audio = files.file(record["audio"], "audio", case, types=[files.SOUND])
        synthetic = checks.truth(record.get("synthetic", True), "synthetic")
        return {"audio": audio, "synthetic": synthetic}

    def is_empty(self, record: Record) -> bool:
        """Silence is no answer."""
        return not record["audio"]["peak"]

    def scores(self, record: Record, reference: Record, case: CaseFacts) -> dict[str, float]:
        """None: how good a made sound is, people say."""
        return {}


KIND = GeneratedAudio()
