from django.db import migrations


class Migration(migrations.Migration):
    """Leaves a fifth of each page free: an entity's next sequence then finds room on the same page, and no index is told of it."""

    dependencies = [("feed", "0005_shadow")]

    operations = [
        migrations.RunSQL(
            "alter table feed_entity set (fillfactor = 80)",
            "alter table feed_entity reset (fillfactor)",
        )
    ]
