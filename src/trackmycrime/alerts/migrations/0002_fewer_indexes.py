from django.db import migrations, models

_KEYS = """alter table alerts_told drop constraint if exists alerts_told_alert_same_force,
  drop constraint if exists alerts_told_same_force"""


class Migration(migrations.Migration):
    """One index of a victim's alerts serves what two did, and what is told has one key instead of two.

    The key that needs the old index goes first; `migrate` makes the new one at its end, as the walls say.
    """

    dependencies = [
        ("alerts", "0001_initial"),
        ("people", "0003_room_on_pages"),
    ]

    operations = [
        migrations.RunSQL(_KEYS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(
                fields=("victim", "force", "id"), name="alerts_of_victim_in_force"
            ),
        ),
        migrations.RemoveConstraint(model_name="alert", name="alerts_alert_in_force"),
        migrations.RemoveIndex(model_name="alert", name="alerts_of_victim"),
    ]
