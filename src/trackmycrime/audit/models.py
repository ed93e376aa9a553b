"""Who saw or did what. Rows are only ever added: the database refuses to change or delete them."""

from django.contrib.postgres.indexes import BrinIndex
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
            # rows are only ever added, so they lie in the order of time: a few pages say where a day is, and adding a
            # row costs nothing
            BrinIndex(fields=["at"], name="audit_at"),
            models.Index(fields=["object_kind", "object_id"], name="audit_object"),
        ]
