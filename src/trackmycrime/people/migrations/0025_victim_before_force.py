from django.db import migrations

from trackmycrime.kernel.reordering import reordered


class Migration(migrations.Migration):
    """An index that begins with the force is taken for as good as the key while PostgreSQL knows nothing of the table."""

    dependencies = [("people", "0024_new_sign_in_email")]

    operations = [reordered("victim", "people_victim", "people_victim_in_force", ("id", "force_id"))]
