import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("voting", "0008_highlights_of_systems"),
    ]

    operations = [
        migrations.AlterField(
            model_name="highlight",
            name="study_system",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="generations.studysystem",
            ),
        ),
        migrations.AddIndex(
            model_name="highlight",
            index=models.Index(
                fields=["study_system", "origin", "error_type", "significant", "vote"],
                name="highlights_of_system",
            ),
        ),
    ]
