"""``manage.py export STUDY --format NAME --out DIR``: a study's votes as files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.core.errors import UserError
from arena.exports.formats import FORMATS
from arena.exports.services import export_write
from arena.studies.models import Study
from arena.voting.counting import origins_with_votes
from arena.voting.models import Origin


class Command(BaseCommand):
    help = "Write a study's votes into a new folder, with README and checksums."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", metavar="STUDY", help="the study's short name")
        parser.add_argument("--format", required=True, choices=list(FORMATS))
        parser.add_argument("--out", required=True, type=Path, metavar="DIR")
        parser.add_argument(
            "--origin",
            choices=Origin.values,
            help="default: the first of human, simulated, imported that has votes",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}.")
        origins = origins_with_votes(study=study) or [Origin.HUMAN]
        origin = options["origin"] or origins[0]
        try:
            paths = export_write(
                study=study, name=options["format"], origin=origin, folder=options["out"]
            )
        except UserError as error:
            raise CommandError(str(error)) from error
        for path in paths:
            self.stdout.write(str(path))
        if origin == Origin.SIMULATED:
            self.stdout.write("These votes are SIMULATED.")
