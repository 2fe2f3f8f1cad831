"""What has to happen from time to time."""

from arena.core.queue import TaskName
from arena.generations.services import leases_recover, pending_ring, trials_forget
from arena.leaderboards.services import board_leases_recover
from arena.studies.services import uploads_forget
from arena.voting.drafts import drafts_forget
from workers.tasks import task


@task(TaskName.RECOVER_LEASES)
def recover_leases() -> None:
    """Queue what dead workers claimed, ring for all that waits, drop what was kept for a time."""
    leases_recover()
    pending_ring()
    board_leases_recover()
    trials_forget()
    drafts_forget()
    uploads_forget()
