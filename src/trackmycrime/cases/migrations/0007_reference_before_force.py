from django.db import migrations, models


class Migration(migrations.Migration):
    """An index that begins with the force is taken for as good as the key while PostgreSQL knows nothing of the table."""

    dependencies = [("cases", "0006_states_in_crime")]

    operations = [
        migrations.RemoveConstraint("crime", "cases_crime_once"),
        migrations.AddConstraint(
            "crime", models.UniqueConstraint(fields=["reference_key", "force"], name="cases_crime_once")
        ),
    ]
