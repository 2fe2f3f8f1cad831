"""``manage.py import_votes STUDY PATH``: votes from a file into a study."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.core.errors import UserError, in_lines
from arena.core.words import counted
from arena.exports.services import votes_import
from arena.studies.models import Study

COLUMNS = """
Needed columns: model_a, model_b (left and right system), winner (model_a, model_b, tie, both_bad),
rater, case. Further ones as in columns.csv of an export. Nothing is stored unless all is well.
"""


class Command(BaseCommand):
    help = "Import votes from CSV, TSV, JSON Lines or Parquet, or a whole export." + COLUMNS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", metavar="STUDY", help="the study's short name")
        parser.add_argument("path", type=Path, metavar="PATH", help="file, folder or zip")
        parser.add_argument(
            "--create-missing",
            action="store_true",
            help="make cases and systems the study lacks, as judged elsewhere",
        )
        parser.add_argument(
            "--columns",
            default="",
            metavar="KEY=NAME,…",
            help="the file's names for our columns, e.g. rater=judge,case=question_id",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).select_related("created_by").first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}.")
        try:
            count = votes_import(
                study=study,
                by=study.created_by,
                path=options["path"],
                create_missing=options["create_missing"],
                columns=columns_named(options["columns"]),
            )
        except UserError as error:
            raise CommandError(in_lines(error)) from error
        self.stdout.write(f"{counted(count, 'vote')} imported into {study.slug}.")


def columns_named(text: str) -> dict[str, str]:
    """``rater=judge,case=question_id`` as a mapping."""
    pairs = [pair.split("=", 1) for pair in text.split(",") if pair.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise CommandError(f"--columns {text!r} is not KEY=NAME,KEY=NAME.")
    return {key.strip(): name.strip() for key, name in pairs}
