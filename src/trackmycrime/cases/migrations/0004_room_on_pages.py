from django.db import migrations


class Migration(migrations.Migration):
    """Leaves a fifth of each page free: a crime's next state then finds room on the same page, and no index is told of it."""

    dependencies = [("cases", "0003_shadow")]

    operations = [
        migrations.RunSQL(
            "alter table cases_crime set (fillfactor = 80)",
            "alter table cases_crime reset (fillfactor)",
        )
    ]
