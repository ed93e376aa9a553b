from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations


class Migration(migrations.Migration):
    """By time is found by what lies where, which costs a new row nothing."""

    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AddIndex(model_name="record", index=BrinIndex(fields=["at"], name="audit_at")),
        migrations.RemoveIndex(model_name="record", name="audit_force_at"),
    ]
