from django.db import migrations


class Migration(migrations.Migration):
    """Leaves a fifth of each page free: a case's next version then finds room on the same page, and no index is told of it."""

    dependencies = [("publish", "0002_replaced_by")]

    operations = [
        migrations.RunSQL(
            "alter table publish_case set (fillfactor = 80)",
            "alter table publish_case reset (fillfactor)",
        )
    ]
