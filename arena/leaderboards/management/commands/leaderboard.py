"""``manage.py leaderboard STUDY``: the newest ratings of a study."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.core.errors import UserError
from arena.leaderboards.selectors import board_choice, snapshot_newest
from arena.leaderboards.services import leaderboard_refresh
from arena.leaderboards.text import board_as_text
from arena.studies.models import Study


class Command(BaseCommand):
    help = "Print a study's leaderboard, brought up to date first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", metavar="STUDY", help="the study's short name")
        parser.add_argument("--criterion", default="", help="default: the protocol's first")
        parser.add_argument(
            "--origin",
            default="",
            help="human, simulated or imported; default: the first of these that has votes",
        )
        parser.add_argument("--format", choices=["table", "json"], default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = _result(options["study"], options["criterion"], options["origin"])
        except UserError as error:
            raise CommandError(str(error)) from error
        as_json = options["format"] == "json"
        self.stdout.write(
            json.dumps(result, indent=2, ensure_ascii=False) if as_json else board_as_text(result)
        )


def _result(slug: str, criterion: str, origin: str) -> dict[str, Any]:
    study = Study.objects.filter(slug=slug).first()
    if study is None:
        raise UserError(f"There is no study {slug!r}: give the short name from its address.")
    choice = board_choice(study=study, criterion=criterion, origin=origin)
    leaderboard_refresh(study_id=study.pk, origin=choice.origin)
    snapshot = snapshot_newest(study=study, criterion=choice.criterion.key, origin=choice.origin)
    if snapshot is None:
        raise UserError(f"{slug} has no {choice.origin} votes yet, so it has no leaderboard.")
    result: dict[str, Any] = snapshot.result
    return result
