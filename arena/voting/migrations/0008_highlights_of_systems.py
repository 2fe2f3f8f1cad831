"""Marked errors say whose they are, so that they are counted without a look at their votes."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Case, F, OuterRef, Q, Subquery, When

COMPARISON = "ballot__comparison__"
SECOND = Q(ballot__left_is_second=True)


def highlights_told(apps: Any, schema_editor: Any) -> None:
    """The second system, where left is second and left was marked, or neither."""
    Highlight, Vote = (apps.get_model("voting", name) for name in ("Highlight", "Vote"))
    for side, is_second in (("left", SECOND), ("right", ~SECOND)):
        shown = Case(
            When(is_second, then=F(f"{COMPARISON}second__study_system")),
            default=F(f"{COMPARISON}first__study_system"),
        )
        votes = Vote.objects.filter(pk=OuterRef("vote"))
        Highlight.objects.filter(side=side).update(
            study_system=Subquery(votes.values(system=shown)),
            origin=Subquery(votes.values("ballot__origin")),
        )


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0015_repeats_index"),
        ("voting", "0007_first_ballots_of_sittings"),
    ]

    operations = [
        migrations.AddField(
            model_name="highlight",
            name="origin",
            field=models.CharField(default="", max_length=10),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="highlight",
            name="study_system",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="generations.studysystem",
            ),
        ),
        migrations.RunPython(highlights_told, migrations.RunPython.noop),
    ]
