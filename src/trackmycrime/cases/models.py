"""What the police told us. Never shown to a victim as it is."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from trackmycrime.kernel.fields import EncryptedJSONField, EncryptedTextField, PlainJSONField
from trackmycrime.kernel.ids import new_id


class Crime(models.Model):
    """One crime record, in its newest known state. `reference_key` is the reference compared without case."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_index=False)
    reference = models.CharField(max_length=32)
    reference_key = models.CharField(max_length=64)
    offence_code = models.CharField(max_length=16, blank=True)
    offence_name = models.CharField(max_length=200)
    category = models.CharField(max_length=40)
    reported_at = models.CharField(max_length=40)
    """As said: a moment, a day or a month (ISO 8601), shown as exactly as it is known. The same for the dates below."""
    occurred_from = models.CharField(max_length=40, blank=True)
    occurred_to = models.CharField(max_length=40, blank=True)
    place = models.CharField(max_length=120, blank=True)
    stage = models.CharField(max_length=30)
    outcome = models.CharField(max_length=4, blank=True)
    outcome_on = models.CharField(max_length=40, blank=True)
    officer_id = models.CharField(max_length=64, blank=True)
    unit_id = models.CharField(max_length=64, blank=True)
    flags: Any = ArrayField(models.CharField(max_length=30), default=list)
    closed_at = models.CharField(max_length=40, blank=True)
    other_references: Any = models.JSONField(default=list)
    sequence = models.BigIntegerField()
    """Of the newest `crime.changed`."""
    withdrawn_reason = models.CharField(max_length=12, blank=True)
    """``no_crime``, ``merged``, ``duplicate``, ``disposed``: of the newest such event; in force while
    `withdrawn_sequence` is above `sequence`."""
    withdrawn_sequence = models.BigIntegerField(default=-1)
    merged_into = models.UUIDField(null=True)
    withheld_sequence = models.BigIntegerField(default=-1)
    restored_sequence = models.BigIntegerField(default=-1)
    """The newest `crime.restored`, or the withholding that a supervisor lifted."""
    withheld_here = models.BooleanField(default=False)
    """A supervisor withheld it at the desk."""
    switched_on = models.BooleanField(null=True)
    """What an officer decided for a crime of a protected kind: on, off, or not decided."""
    live = models.BooleanField(default=False)
    """Whether anything about it happened at or after its source's `live_from`."""
    shadow = models.BooleanField(default=False, db_default=False)
    """Whether its source was tried out unseen when it came, and still is: then it is closed to its victims."""
    states: Any = PlainJSONField(default=list)
    """Each `crime.changed`, the superseded ones too: what derived entries are computed from. ``[sequence, moment in
    UTC, stage, outcome, officer, live]``; live: it happened at or after `live_from`, so what follows may be alerted.
    In this row because whoever reads or changes the one needs the other."""

    @property
    def withheld(self) -> bool:
        """Closed to everybody outside until `crime.restored` or a supervisor lifts it."""
        return self.withheld_here or self.withheld_sequence > self.restored_sequence

    @property
    def withdrawn(self) -> str:
        """Why it is no longer a crime record; empty while it stands."""
        return self.withdrawn_reason if self.withdrawn_sequence > self.sequence else ""

    class Meta:
        db_table = "cases_crime"
        constraints = [
            # not the force first: while PostgreSQL knows nothing of a table that has just begun to fill, it takes such
            # an index for as good as the key, and reads all of the force's crimes to check that one is there
            models.UniqueConstraint(fields=["reference_key", "force"], name="cases_crime_once"),
            models.UniqueConstraint(fields=["force", "id"], name="cases_crime_in_force"),
        ]
        indexes = [
            # not the force first either
            models.Index(fields=["officer_id", "force"], name="cases_crime_officer"),
            models.Index(fields=["unit_id", "force"], name="cases_crime_unit"),
            models.Index(
                fields=["merged_into"],
                condition=models.Q(merged_into__isnull=False),
                name="cases_crime_merged",
            ),
        ]


class Update(models.Model):
    """One update that an officer wrote, in the records system or at the desk, in its newest revision.

    What came in `update.published` and what came in `update.withdrawn` are kept apart, each the newest of its kind,
    so that the order of arrival does not matter; `sequence` is -1 while only the withdrawal is known.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    crime = models.ForeignKey(Crime, models.CASCADE, db_constraint=False, db_index=False)
    update_id = models.CharField(max_length=64)
    by_desk = models.BooleanField(default=False)
    author = models.CharField(max_length=64, blank=True)
    """The officer's id where the desk wrote it."""
    milestone = models.CharField(max_length=40, blank=True)
    happened_at = models.DateTimeField(null=True)
    text = EncryptedJSONField(null=True)
    """``{"en": …, "cy": …}``, plain text"""
    sequence = models.BigIntegerField(default=-1)
    persons: Any = ArrayField(models.CharField(max_length=64), null=True)
    """Whom it is for, by the records system's person ids; None: all victims of the crime."""
    review = models.BooleanField(default=False)
    review_sequence = models.BigIntegerField(default=-1)
    live = models.BooleanField(default=False)
    withdrawn_sequence = models.BigIntegerField(default=-1)
    withdrawn_reason = models.CharField(max_length=12, blank=True)
    replaced_by = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "cases_update"
        constraints = [
            models.UniqueConstraint(fields=["crime", "by_desk", "update_id"], name="cases_update_once")
        ]


class Hearing(models.Model):
    """One court hearing of a crime, in its newest known state."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    crime = models.ForeignKey(Crime, models.CASCADE, db_constraint=False, db_index=False)
    hearing_id = models.CharField(max_length=64)
    type = models.CharField(max_length=100, blank=True)
    court = models.CharField(max_length=200)
    court_address = models.CharField(max_length=300, blank=True)
    starts_at = models.DateTimeField(null=True)
    week_commencing = models.DateField(null=True)
    """Where no more is known than the week, or the `weeks` from that day on; then `starts_at` is null."""
    weeks = models.SmallIntegerField(default=1)
    attendance = models.CharField(max_length=12, blank=True)
    status = models.CharField(max_length=10)
    result = EncryptedJSONField(null=True)
    """``{"en": …, "cy": …}``, plain text"""
    sequence = models.BigIntegerField(default=-1)
    said: Any = models.JSONField(default=dict)
    """When each state that matters was said: ``{state: [first sequence, its moment, last sequence]}``. What is sent
    again unchanged keeps its place on the timeline."""
    live = models.BooleanField(default=False)

    class Meta:
        db_table = "cases_hearing"
        constraints = [models.UniqueConstraint(fields=["crime", "hearing_id"], name="cases_hearing_once")]


class Property(models.Model):
    """One item of property of a crime, in its newest known state."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    crime = models.ForeignKey(Crime, models.CASCADE, db_constraint=False, db_index=False)
    property_id = models.CharField(max_length=64)
    detail = EncryptedJSONField()
    """``{"description", "serial", "value", "collect_from"}``; the last three empty where not known, value in pounds"""
    status = models.CharField(max_length=20)
    sequence = models.BigIntegerField(default=-1)
    said: Any = models.JSONField(default=dict)
    """When each status was said first, as in `Hearing`"""
    live = models.BooleanField(default=False)

    class Meta:
        db_table = "cases_property"
        verbose_name_plural = "properties"
        constraints = [models.UniqueConstraint(fields=["crime", "property_id"], name="cases_property_once")]


class SentMessage(models.Model):
    """What an officer wrote to a victim in the records system, in its newest words. The thread is in `messages`."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    crime = models.ForeignKey(Crime, models.CASCADE, db_constraint=False, db_index=False)
    message_id = models.CharField(max_length=64)
    person = models.CharField(max_length=64)
    officer_id = models.CharField(max_length=64, blank=True)
    unit_id = models.CharField(max_length=64, blank=True)
    text = EncryptedTextField()
    sequence = models.BigIntegerField(default=-1)
    said: Any = models.JSONField(default=dict)
    """When these words were said first, by their keyed hash, as in `Hearing`; several: it was corrected"""
    live = models.BooleanField(default=False)
    shown = models.BooleanField(default=False)
    """It is dealt with as it is: it stands in the victim's thread, or was given to an officer as not shown"""

    class Meta:
        db_table = "cases_message"
        constraints = [models.UniqueConstraint(fields=["crime", "message_id"], name="cases_message_once")]
