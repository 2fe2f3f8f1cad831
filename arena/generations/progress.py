"""What the progress of a study's generation says, for the page and for its live updates."""

from typing import Any

from arena.generations.selectors import failures_of, generation_progress, servers_of
from arena.studies.models import Study


def progress_context(study: Study) -> dict[str, Any]:
    progress = generation_progress(study=study)
    return {
        "study": study,
        "progress": progress,
        "failures": failures_of(study=study) if progress.failed else [],
        "servers": servers_of(study=study) if progress.pending else [],
        "left": time_left(progress.eta_seconds) if progress.pending else "",
    }


def time_left(seconds: float | None) -> str:
    """In words that do not pretend to more precision than an estimate has."""
    if seconds is None:
        return "no estimate yet"
    if seconds < 60:
        return "less than a minute left"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"about {minutes} minute{'s' if minutes != 1 else ''} left"
    return f"about {round(seconds / 3600)} hours left"
