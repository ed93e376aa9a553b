import datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def session(name: str, table: str) -> migrations.CreateModel:
    return migrations.CreateModel(
        name=name,
        fields=[
            ("key", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
            ("data", models.BinaryField()),
            ("began_at", models.DateTimeField()),
            ("expires_at", models.DateTimeField(db_index=True)),
            (
                "account",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                ),
            ),
        ],
        options={"db_table": table},
    )


class Migration(migrations.Migration):
    dependencies = [("people", "0002_victim_enhanced_sequence_victim_safe_sequence_and_more")]

    operations = [
        # sessions live for hours: nothing is lost by making their tables anew
        migrations.DeleteModel("PortalSession"),
        migrations.DeleteModel("DeskSession"),
        session("PortalSession", "people_portal_session"),
        session("DeskSession", "people_desk_session"),
        migrations.RemoveIndex("invitation", "people_code_wanted"),
        migrations.RemoveIndex("invitation", "people_invitation_due"),
        migrations.AlterField(
            "invitation",
            "state",
            models.CharField(
                choices=[
                    ("open", "Open"),
                    ("opened", "Opened"),
                    ("used", "Used"),
                    ("locked", "Locked"),
                    ("stopped", "Stopped"),
                    ("revoked", "Revoked"),
                    ("expired", "Expired"),
                ],
                default="open",
                max_length=8,
            ),
        ),
        migrations.AddField(
            "invitation",
            "first_at",
            models.DateTimeField(default=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)),
            preserve_default=False,
        ),
        migrations.AddField("invitation", "address_hash", models.BinaryField(max_length=32, null=True)),
        migrations.AddField("invitation", "proof_hash", models.BinaryField(max_length=32, null=True)),
        migrations.AddField("invitation", "proof_expires_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "invitation", models.Index(fields=["state", "first_at"], name="people_invitation_open")
        ),
        migrations.AddIndex(
            "invitation",
            models.Index(
                condition=models.Q(("code_wanted_at__isnull", False)),
                fields=["code_wanted_at"],
                name="people_code_is_wanted",
            ),
        ),
    ]
