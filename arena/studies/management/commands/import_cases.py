"""Cases from a file, a folder or an archive into a study."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from arena.core.errors import UserError, in_lines
from arena.core.words import are, counted
from arena.studies.case_import.columns import columns_named
from arena.studies.case_import.phi import PhiError
from arena.studies.models import Study
from arena.studies.services import cases_import

COLUMNS = """
A text study takes CSV, TSV or JSON Lines with the columns key and text; an image study takes
PNG, JPEG, TIFF, BMP, WebP or DICOM files, a folder or a zip of them, if wished with a table that
names each in a column file. Further columns, all optional: title, reference, specialty, language,
synthetic, source, licence, modality, caption, strata.NAME. Nothing is stored unless all is well.
"""


class Command(BaseCommand):
    help = "Import cases into a study." + COLUMNS

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", help="the study's address, as in /studies/<study>/")
        parser.add_argument("path", type=Path, help="file, folder or zip archive")
        parser.add_argument(
            "--columns",
            default="",
            metavar="KEY=NAME,…",
            help="the file's names for our columns, e.g. key=encounter_id,text=dialogue",
        )
        parser.add_argument(
            "--accept-phi-findings",
            action="store_true",
            help="a person has looked at every possible identifier and none points to a patient; "
            "patterns also match harmless text, so the last word is a person's and is recorded",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).select_related("created_by").first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}.")
        try:
            count = cases_import(
                study=study,
                by=study.created_by,
                path=options["path"],
                columns=columns_named(options["columns"]),
                accept_phi_findings=options["accept_phi_findings"],
            )
        except PhiError as error:
            for finding in error.findings:
                self.stderr.write(f"{finding.where}: {finding.kind}: {finding.excerpt}")
            raise CommandError(f"{error} (--accept-phi-findings)") from error
        except UserError as error:
            raise CommandError(in_lines(error)) from error
        self.stdout.write(f"{counted(count, 'case')} {are(count)} new or changed in {study.slug}.")
