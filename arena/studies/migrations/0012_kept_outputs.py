from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import migrations, models


def outputs_forgotten(apps: Any, schema_editor: Any) -> None:
    """Before it, a person kept one upload in a study, and any was taken for one of cases."""
    outputs = apps.get_model("studies", "KeptUpload").objects.filter(study_system__isnull=False)
    for kept in outputs:
        default_storage.delete(kept.file.name)
    outputs.delete()


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0011_cases_found"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="keptupload",
            name="a_person_keeps_one_upload_in_a_study",
        ),
        migrations.AddField(
            model_name="keptupload",
            name="study_system",
            field=models.PositiveBigIntegerField(
                blank=True,
                help_text="Id of the one whose outputs it holds; empty: cases.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="keptupload",
            constraint=models.UniqueConstraint(
                condition=models.Q(("study_system", None)),
                fields=("study", "user"),
                name="a_person_keeps_one_upload_in_a_study",
            ),
        ),
        migrations.AddConstraint(
            model_name="keptupload",
            constraint=models.UniqueConstraint(
                condition=models.Q(("study_system__isnull", False)),
                fields=("study", "user"),
                name="a_person_keeps_outputs_of_one_system_in_a_study",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, outputs_forgotten),
    ]
