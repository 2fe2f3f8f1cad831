from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0014_leaks_index"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="generation",
            index=models.Index(
                condition=models.Q(("repeat__gt", 0)),
                fields=["study_system"],
                name="generation_repeats",
            ),
        ),
    ]
