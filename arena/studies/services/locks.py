"""Holding a study's row, so that what was checked is still true when it is written."""

from arena.studies.models import Study


def study_lock(*, study: Study) -> None:
    """Read the row again and hold it to the end of the transaction.

    ``no_key``: PostgreSQL checks foreign keys at the end of a transaction, when it already holds
    the end of the audit chain. A full lock would block that check of somebody joining, who in turn
    blocks our audit line: a deadlock. Nobody changes a study's key, so the weaker lock is enough.
    """
    study.refresh_from_db(from_queryset=Study.objects.select_for_update(no_key=True))
