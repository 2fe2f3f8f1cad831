"""``rotate_secrets [--new-key]``: seal every stored key and second factor anew."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.core.errors import UserError
from arena.core.vault import key_add, keys_drop_old
from arena.generations.services import secrets_rotate


class Command(BaseCommand):
    help = (
        "Seal every stored key and second factor with the newest vault key. With --new-key, where "
        "the vault's keys lie in a file, a new one is made first and the old ones are dropped "
        "afterwards."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--new-key", action="store_true", help="make a new vault key first")

    def handle(self, *args: Any, new_key: bool, **options: Any) -> None:
        try:
            if new_key:
                key_add()
            done = secrets_rotate()
            if done.unreadable:
                names = ", ".join(done.unreadable)
                raise UserError(
                    f"{done.resealed} keys are sealed anew. These cannot be read; enter them again "
                    f"or put their vault key back: {names}. No vault key was dropped."
                )
            dropped = keys_drop_old() if new_key else 0
        except UserError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{done.resealed} keys are sealed anew.")
        if dropped:
            self.stdout.write(f"{dropped} old vault keys are gone; older backups need them.")
