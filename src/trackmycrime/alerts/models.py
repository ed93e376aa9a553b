"""Whether, when and how a victim is told that there is something new."""

from typing import Any

from django.db import models

from trackmycrime.kernel.ids import new_id


class Alert(models.Model):
    """The decision to tell one victim once.

    States: ``waiting`` (its dispatch goes out at `due_at`), ``sent`` (a provider took it), ``delivered``,
    ``opened`` (the victim has looked since), ``by_person`` (a task for an officer), ``failed`` (no way was left: a
    task says so), ``cancelled`` (what allowed it has changed), ``not_set_up`` (the channel has no provider yet).
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE)
    victim = models.ForeignKey("people.Victim", models.CASCADE)
    case_id = models.UUIDField()
    about = models.CharField(max_length=12)
    """``update``, ``message`` or ``invitation``"""
    channel = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=12)
    reason = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField()
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    tried: Any = models.JSONField(default=list)
    """The channels tried before this one, each with what became of it"""

    class Meta:
        db_table = "alerts_alert"
        constraints = [models.UniqueConstraint(fields=["force", "id"], name="alerts_alert_in_force")]
        indexes = [
            models.Index(fields=["victim", "decided_at"], name="alerts_of_victim"),
            models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="alerts_waiting"),
        ]


class Told(models.Model):
    """That a victim has been alerted of one revision of one entry (or message): never twice."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE)
    victim = models.ForeignKey("people.Victim", models.CASCADE)
    alert = models.ForeignKey(Alert, models.CASCADE)
    entry = models.CharField(max_length=120)
    words_hash = models.BinaryField(max_length=32)
    revision = models.BigIntegerField()

    class Meta:
        db_table = "alerts_told"
        constraints = [
            models.UniqueConstraint(fields=["victim", "entry", "revision"], name="alerts_told_once"),
        ]
