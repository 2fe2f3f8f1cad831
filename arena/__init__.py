"""The Django project of the arena; its apps follow the data from study to export."""

from arena.celery import app as celery_app

__all__ = ["celery_app"]
