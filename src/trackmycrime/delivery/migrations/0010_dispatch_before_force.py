from django.db import migrations

from trackmycrime.kernel.reordering import reordered


class Migration(migrations.Migration):
    """An index that begins with the force is taken for as good as the key while PostgreSQL knows nothing of the table."""

    dependencies = [("delivery", "0009_replies")]

    operations = [
        reordered("dispatch", "delivery_dispatch", "delivery_dispatch_in_force", ("id", "force_id"))
    ]
