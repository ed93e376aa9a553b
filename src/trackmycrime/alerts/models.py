"""Whether, when and how a victim is told that there is something new."""

from typing import Any

from django.db import models

from trackmycrime.kernel.ids import new_id


class Alert(models.Model):
    """The decision to tell one victim once. Its letters (`delivery`) are the tries to do so; their owner is this row.

    States: ``waiting`` (its letter goes out at `due_at`), ``sent`` (a provider took it), ``delivered``,
    ``opened`` (the victim has looked since), ``by_person`` (a task for an officer), ``failed`` (no way was left: a
    task says so), ``cancelled`` (what allowed it has changed), ``not_set_up`` (waits for its channel to get a
    provider).
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    victim = models.ForeignKey("people.Victim", models.CASCADE, db_constraint=False, db_index=False)
    case_id = models.UUIDField()
    about = models.CharField(max_length=12)
    """``update``, ``message``, ``no_news``, ``invitation``, ``contact_new``, ``contact_told`` or ``sign_in``"""
    channel = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=12)
    reason = models.CharField(max_length=60, blank=True)
    """Why it is by a person, cancelled or failed: a word of ours"""
    decided_at = models.DateTimeField()
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    """When it came to the state that it is in"""
    why = models.CharField(max_length=40, db_default="")
    """Why by this channel (a word of `rules`), and what put it off last (`hours.When`): ``chosen, quiet hours``. Empty
    for what no machine sends, and for what is older than this."""
    sent_at = models.DateTimeField(null=True)
    """When a provider took a letter of it, whatever became of it since; None: none has been taken"""
    tried: Any = models.JSONField(default=list)
    """The channels that failed before this one: ``[{"channel", "reason"}]``"""

    class Meta:
        db_table = "alerts_alert"
        constraints = [
            # the victim first: by it alone a victim's alerts are found, and `Told` points here with its victim
            models.UniqueConstraint(fields=["victim", "force", "id"], name="alerts_of_victim_in_force")
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state__in=["waiting", "not_set_up"]),
                name="alerts_waiting",
            ),
        ]


class Told(models.Model):
    """That a victim is alerted of one revision of one entry (or message, or invitation): never twice.

    It holds for as long as its alert is not cancelled; what a cancelled alert was about may be told by another. Its key
    leads to an alert of the same victim and force (`walls`), and thereby to the victim: one more key would say nothing
    new, and would be checked for each row.
    """

    pk = models.CompositePrimaryKey("victim_id", "entry", "revision")
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    victim = models.ForeignKey("people.Victim", models.CASCADE, db_constraint=False, db_index=False)
    alert = models.ForeignKey(Alert, models.CASCADE, db_constraint=False)
    entry = models.CharField(max_length=120)
    """The key of the published entry, ``message:<id>`` or ``invitation:<id>``"""
    words_hash = models.BinaryField(max_length=32)
    revision = models.BigIntegerField()

    class Meta:
        db_table = "alerts_told"
