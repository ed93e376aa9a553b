"""An officer can switch a look without an account off for one victim."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0022_organisations_by_command")]

    operations = [
        migrations.AddField(
            model_name="victim",
            name="look_off",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
