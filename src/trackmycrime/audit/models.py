"""Who saw or did what. Rows are only ever added: the database refuses to change or delete them."""

from django.db import models


class Record(models.Model):
    """One act. `detail` holds ids and vocabulary words, never personal data."""

    id = models.BigAutoField(primary_key=True)
    force_id = models.SmallIntegerField(null=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12)
    actor_id = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=40)
    object_kind = models.CharField(max_length=20, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "audit_record"
        indexes = [
            models.Index(fields=["force_id", "at"], name="audit_force_at"),
            models.Index(fields=["object_kind", "object_id"], name="audit_object"),
        ]
