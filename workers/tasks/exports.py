"""Jobs that build files for researchers."""

from arena.core.queue import TaskName
from arena.exports.services import export_build
from workers.tasks import task


@task(TaskName.BUILD_EXPORT)
def build_export(*, export_id: int) -> None:
    """Builds a waiting export; one that has ended is left alone."""
    export_build(export_id=export_id)
