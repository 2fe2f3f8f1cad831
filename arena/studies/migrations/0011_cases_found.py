"""Cases are found by a word, by a change and by a reference without reading all of them."""

import logging
from typing import Any

from django.db import DatabaseError, migrations, models, transaction

log = logging.getLogger(__name__)

# What ``icontains`` asks for on PostgreSQL; SQLite has no such index and reads all cases.
WORDS = {
    "case_key_words": "studies_case USING gin (UPPER(key::text) gin_trgm_ops)",
    "case_title_words": "studies_caseversion USING gin (UPPER(title::text) gin_trgm_ops)",
}


def words_indexed(apps: Any, schema_editor: Any) -> None:
    """Where the extension is missing or may not be made, searches stay slow, and right."""
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            for name, of in WORDS.items():
                schema_editor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {of}")
    except DatabaseError as error:
        log.warning("Searches among many cases will be slow: no pg_trgm (%s).", error)


def words_forgotten(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for name in WORDS:
            schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0010_kept_uploads"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="caseversion",
            index=models.Index(
                condition=models.Q(("number__gt", 1)), fields=["case"], name="cases_changed"
            ),
        ),
        migrations.AddIndex(
            model_name="caseversion",
            index=models.Index(
                condition=models.Q(("reference__isnull", False)),
                fields=["case"],
                name="cases_with_reference",
            ),
        ),
        migrations.RunPython(words_indexed, words_forgotten),
    ]
