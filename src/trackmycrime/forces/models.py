"""The tenants: police forces and their teams."""

from typing import Any

from django.db import models

from trackmycrime.kernel.ids import new_id


class Force(models.Model):
    """A police force. Everything but a sign-in belongs to exactly one."""

    id = models.SmallAutoField(primary_key=True)
    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    name_cy = models.CharField(max_length=120, blank=True)
    languages: Any = models.JSONField(default=list)
    """Which languages the force writes in: ``["en"]``, or ``["cy", "en"]`` in Wales."""
    country = models.CharField(max_length=2, default="GB")
    phone = models.CharField(max_length=40, default="101")
    policy: Any = models.JSONField(default=dict)
    """Only what differs from the defaults of `policy.Policy`."""
    words_revision = models.BigIntegerField(db_default=0)
    """Names the state of the force's own words (`publish.own_words`); 0: it has none. The database sets it."""
    created_at = models.DateTimeField()

    class Meta:
        db_table = "forces_force"


class Unit(models.Model):
    """A team of a force: what victims see of it. `unit_id` is the records system's id."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey(Force, models.CASCADE)
    unit_id = models.CharField(max_length=64)
    name_en = models.CharField(max_length=200, blank=True)
    name_cy = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    email = models.CharField(max_length=254, blank=True)
    hours_en = models.CharField(max_length=300, blank=True)
    hours_cy = models.CharField(max_length=300, blank=True)
    active = models.BooleanField(default=True)
    sequence = models.BigIntegerField(default=-1)
    """Of the newest `unit.changed`"""

    class Meta:
        db_table = "forces_unit"
        constraints = [models.UniqueConstraint(fields=["force", "unit_id"], name="forces_unit_once")]

    def name(self, language: str) -> str:
        """The team's name in that language, else in the other."""
        return (self.name_cy or self.name_en) if language == "cy" else (self.name_en or self.name_cy)

    def hours(self, language: str) -> str:
        """When the team is on duty, in that language, else in the other; empty when not known."""
        return (self.hours_cy or self.hours_en) if language == "cy" else (self.hours_en or self.hours_cy)
