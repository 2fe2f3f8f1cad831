"""``import_outputs STUDY SYSTEM PATH``: outputs that were made elsewhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.core.errors import UserError, in_lines
from arena.core.words import counted
from arena.generations.selectors import answers_missing, generation_progress
from arena.generations.services import outputs_import
from arena.studies.case_import.columns import columns_named
from arena.studies.models import Study


class Command(BaseCommand):
    help = (
        "Store the outputs of a CSV or JSONL file: a column 'case' with the case's key, and "
        "'text', 'record' (JSON), 'file' or 'failure'. A folder, zip or tar holds such a file and "
        "the files it names, or files alone that are called as their cases. Where rows are faulty, "
        "the first are told, one a line, and nothing is stored."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's short name, as in its address")
        parser.add_argument("system", help="the system's short name")
        parser.add_argument(
            "--columns",
            default="",
            metavar="KEY=NAME,…",
            help="the file's names for our columns, e.g. case=encounter_id,text=answer",
        )
        parser.add_argument(
            "path", type=Path, help="a .csv or .jsonl file in UTF-8, or a folder, .zip or .tar"
        )

    def handle(
        self, *args: Any, study: str, system: str, path: Path, columns: str, **options: Any
    ) -> None:
        found = Study.objects.filter(slug=study).first()
        if found is None:
            raise CommandError(f"There is no study {study!r}.")
        if not path.exists():
            raise CommandError(f"There is no file {path}.")
        try:
            rows = outputs_import(
                study=found,
                by=found.created_by,
                system_slug=system,
                path=path,
                columns=columns_named(columns),
            )
        except UserError as error:
            raise CommandError(in_lines(error)) from error
        self.stdout.write(f"{counted(rows, 'output')} of {system} stored in {study}.")
        progress = generation_progress(study=found)
        for held, lacking in answers_missing(study=found, progress=progress):
            if held.version.system.slug == system:
                has = "has" if lacking == 1 else "have"
                self.stdout.write(f"{lacking:,} of the study's cases still {has} none of it.")
