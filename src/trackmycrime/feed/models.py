"""The way in: sources, their tokens, and every event as it came."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from trackmycrime.kernel.fields import EncryptedJSONField
from trackmycrime.kernel.ids import new_id

PER_MINUTE, MIB_PER_MINUTE = 1_200_000, 2_048
"""What a source may send unless an administrator says otherwise: far more than a day of outage sent at once."""


class Source(models.Model):
    """One records system of one force that may send events."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_index=False)
    name = models.CharField(max_length=120)
    live_from = models.DateTimeField(null=True)
    """Events before it publish, and neither alert nor invite; None: all are live."""
    types: Any = ArrayField(models.CharField(max_length=40), null=True)
    """The event types it may send; None: all."""
    per_minute = models.PositiveIntegerField(default=PER_MINUTE, db_default=PER_MINUTE)
    """So many events may come in a minute, over all processes of the gateway"""
    mib_per_minute = models.PositiveIntegerField(default=MIB_PER_MINUTE, db_default=MIB_PER_MINUTE)
    """And so much, as it comes over the wire"""
    shadow = models.BooleanField(default=False, db_default=False)
    """Tried out unseen: the crimes that it sends are closed to their victims"""
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "feed_source"
        constraints = [
            models.UniqueConstraint(fields=["name", "force"], name="feed_source_once"),
            models.UniqueConstraint(fields=["force", "id"], name="feed_source_in_force"),
        ]


class Token(models.Model):
    """A credential of a source: shown once, stored as a keyed hash. Two may live side by side while rotating."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    source = models.ForeignKey(Source, models.CASCADE, db_constraint=False)
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "feed_token"


class Event(models.Model):
    """One event as it came. Unknown fields' values are never in `body`."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    source = models.ForeignKey(Source, models.CASCADE, db_constraint=False, db_index=False)
    event_id = models.CharField(max_length=128)
    digest = models.BinaryField(max_length=32)
    type = models.CharField(max_length=40, blank=True)
    subject_key = models.CharField(max_length=64, blank=True)
    entity = models.CharField(max_length=180, blank=True)
    """``kind:subject:id``, empty when it is not known"""
    sequence = models.BigIntegerField(null=True)
    time = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    body = EncryptedJSONField()
    status = models.CharField(max_length=12)
    """What it was answered with; in quarantine also ``mended`` (another row says it right) and ``dropped``"""
    problem: Any = models.JSONField(null=True)
    waits_for = models.CharField(max_length=180, blank=True)
    """The entity that must arrive first, while it waits"""

    class Meta:
        db_table = "feed_event"
        constraints = [
            # the same id with other content is kept too (`id-reused`), so the content is part of what is unique
            models.UniqueConstraint(fields=["source", "event_id", "digest"], name="feed_event_once"),
        ]
        indexes = [
            models.Index(fields=["force", "entity", "sequence"], name="feed_event_entity"),
            models.Index(
                fields=["force", "waits_for"], condition=~models.Q(waits_for=""), name="feed_event_waiting"
            ),
            models.Index(
                fields=["force", "received_at"],
                condition=models.Q(status="quarantined"),
                name="feed_quarantine",
            ),
        ]


class Handling(models.Model):
    """What an administrator asked at the desk to be done with quarantined events; a worker does it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    act = models.CharField(max_length=8)
    """``mend``, ``replay`` or ``drop``"""
    event_id = models.UUIDField(null=True)
    """The row of the event; None: all that `wanted` describes"""
    patch = EncryptedJSONField(null=True)
    reason = models.CharField(max_length=20, blank=True)
    wanted: Any = models.JSONField(default=dict)
    after = models.UUIDField(null=True)
    """How far a replay of all has come"""
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    outcome: Any = models.JSONField(default=dict)
    """How many events were ``applied``, ``superseded``, ``quarantined``…; words of ours only"""

    class Meta:
        db_table = "feed_handling"
        indexes = [
            models.Index(fields=["asked_at"], condition=models.Q(done_at=None), name="feed_handling_undone"),
            models.Index(fields=["force", "event_id"], name="feed_handling_event"),
        ]


class Entity(models.Model):
    """The newest accepted state of one thing that events are about, and the source that it belongs to."""

    pk = models.CompositePrimaryKey("force_id", "entity")
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    entity = models.CharField(max_length=180)
    source = models.ForeignKey(Source, models.CASCADE, db_constraint=False, db_index=False)
    sequence = models.BigIntegerField()
    base = models.BigIntegerField(default=0, db_default=0)
    """What is added to its source's own sequences: more than all before it was handed over to that source"""

    class Meta:
        db_table = "feed_entity"
