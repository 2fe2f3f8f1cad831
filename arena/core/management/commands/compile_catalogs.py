"""`compile_catalogs`: make the files Django reads from the translations people write."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from arena.core.catalogs import compile_all


class Command(BaseCommand):
    help = "Write the .mo file of every .po file of translations; needs no gettext."

    def handle(self, *args: Any, **options: Any) -> None:
        changed = [path for folder in settings.LOCALE_PATHS for path in compile_all(Path(folder))]
        for path in changed:
            self.stdout.write(f"written: {path}")
        if not changed:
            self.stdout.write("All catalogs are up to date.")
