"""When an alert went out is kept beside its state, which may change after it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0002_fewer_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="sent_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(
            "update alerts_alert set sent_at = finished_at where state in ('sent', 'delivered')",
            migrations.RunSQL.noop,
        ),
    ]
