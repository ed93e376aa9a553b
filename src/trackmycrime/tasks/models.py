"""What a person at the desk must do."""

from typing import Any

from django.db import models

from trackmycrime.kernel.fields import EncryptedTextField
from trackmycrime.kernel.ids import new_id


class Task(models.Model):
    """One thing for a person, with a clock. `once` keeps the same need from becoming two tasks."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_index=False)
    kind = models.CharField(max_length=40)
    once = models.CharField(max_length=120)
    crime_id = models.UUIDField(null=True)
    victim_id = models.UUIDField(null=True)
    officer_id = models.CharField(max_length=64, blank=True)
    unit_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.UUIDField(null=True)
    note = EncryptedTextField(null=True)
    detail: Any = models.JSONField(default=dict)

    class Meta:
        db_table = "tasks_task"
        constraints = [
            models.UniqueConstraint(
                fields=["force", "kind", "once"], condition=models.Q(done_at=None), name="tasks_open_once"
            )
        ]
        indexes = [
            models.Index(fields=["force", "done_at", "due_at"], name="tasks_due"),
            models.Index(fields=["victim_id", "kind"], name="tasks_of_victim"),
        ]
