import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0007_asking_for_receipts"), ("forces", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("address_hash", models.BinaryField(max_length=32)),
                (
                    "force",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="forces.force"
                    ),
                ),
                ("channel", models.CharField(max_length=10)),
                ("day", models.DateField()),
                ("letters", models.IntegerField()),
                ("segments", models.IntegerField()),
                ("owner_id", models.UUIDField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "address_hash",
                        "force_id",
                        "channel",
                        "day",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={"db_table": "delivery_tally"},
        ),
    ]
