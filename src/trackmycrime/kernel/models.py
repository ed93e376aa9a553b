"""Tables that belong to no room: the key that seals contexts, and the counters of limits."""

from django.db import models


class SealKey(models.Model):
    """The keys by which the database checks a context's seal. Only the owner reads it, through ``app_open``."""

    id = models.CharField(primary_key=True, max_length=16)
    key = models.BinaryField(max_length=32)

    class Meta:
        db_table = "kernel_seal_key"


class Counter(models.Model):
    """How often something was tried in the current window. `key` is a keyed hash."""

    key = models.BinaryField(primary_key=True, max_length=32)
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    count = models.IntegerField()

    class Meta:
        db_table = "kernel_counter"
