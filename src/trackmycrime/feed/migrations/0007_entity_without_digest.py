from django.db import migrations


class Migration(migrations.Migration):
    """Nothing reads it: a digest that a source can work out itself is made of the newest event."""

    dependencies = [("feed", "0006_room_on_pages")]

    operations = [migrations.RemoveField("entity", "digest")]
