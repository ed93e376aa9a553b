from django.db import migrations, models

import trackmycrime.kernel.ids


class Migration(migrations.Migration):
    dependencies = [("delivery", "0005_switch"), ("forces", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Address",
            fields=[
                ("force", models.ForeignKey("forces.force", models.CASCADE, db_index=False)),
                ("address_hash", models.BinaryField(max_length=32)),
                ("channel", models.CharField(max_length=10)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("bounced", "Bounced"),
                            ("complained", "Complained"),
                            ("unsubscribed", "Unsubscribed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=60)),
                ("since", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "force_id",
                        "address_hash",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={"db_table": "delivery_address"},
        ),
        migrations.CreateModel(
            name="Heard",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=trackmycrime.kernel.ids.new_id, primary_key=True, serialize=False
                    ),
                ),
                ("channel", models.CharField(max_length=10)),
                ("dispatch_id", models.UUIDField(null=True)),
                ("provider_id", models.CharField(blank=True, max_length=200)),
                ("result", models.CharField(max_length=12)),
                ("answer", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                ("heard_at", models.DateTimeField()),
                ("look_at", models.DateTimeField()),
            ],
            options={
                "db_table": "delivery_heard",
                "indexes": [models.Index(fields=["look_at"], name="delivery_heard_due")],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                (
                    "force",
                    models.ForeignKey("forces.force", models.CASCADE, db_constraint=False, db_index=False),
                ),
                (
                    "dispatch",
                    models.ForeignKey(
                        "delivery.dispatch", models.CASCADE, db_constraint=False, db_index=False
                    ),
                ),
                ("result", models.CharField(max_length=12)),
                ("answer", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                ("taken_at", models.DateTimeField()),
                ("times", models.IntegerField(default=1)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "dispatch_id",
                        "result",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={"db_table": "delivery_receipt"},
        ),
        migrations.AddIndex(
            model_name="dispatch",
            index=models.Index(
                condition=models.Q(("channel", "text"), models.Q(("provider_id", ""), _negated=True)),
                fields=["provider_id"],
                name="delivery_named",
            ),
        ),
    ]
