import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0006_qualification"),
        ("voting", "0004_qualification"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="ballot",
            index=models.Index(
                fields=["study", "rater", "status", "origin"], name="ballots_of_rater"
            ),
        ),
        migrations.CreateModel(
            name="PairStanding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("human", "Clinicians voting here"),
                            ("simulated", "SIMULATED"),
                            ("imported", "Imported"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "vote",
                    models.PositiveBigIntegerField(help_text="Id of the newest vote counted."),
                ),
                (
                    "retraction",
                    models.PositiveBigIntegerField(
                        default=0, help_text="Id of the newest one seen."
                    ),
                ),
                (
                    "wins",
                    models.JSONField(
                        default=list, help_text="[winner, loser, half-wins], study systems."
                    ),
                ),
                (
                    "protocol",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="studies.protocol",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("protocol", "origin"), name="pairs_of_a_protocol_stand_once"
                    )
                ],
            },
        ),
    ]
