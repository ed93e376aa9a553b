from django.db import migrations, models


class Migration(migrations.Migration):
    """An index that begins with the force is taken for as good as the key while PostgreSQL knows nothing of the table."""

    dependencies = [("feed", "0007_entity_without_digest")]

    operations = [
        migrations.RemoveConstraint("source", "feed_source_once"),
        migrations.AddConstraint(
            "source", models.UniqueConstraint(fields=["name", "force"], name="feed_source_once")
        ),
    ]
