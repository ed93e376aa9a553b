"""What a victim may see. Written once when it is published, read often, and readable by the portal."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from trackmycrime.kernel.fields import EncryptedJSONField
from trackmycrime.kernel.ids import new_id


class Case(models.Model):
    """The published case: one crime as its victims see it. `id` is the opaque name in page addresses."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    crime_id = models.UUIDField()
    open = models.BooleanField()
    """False: not eligible or withheld; then no page of it opens, whoever asks."""
    version = models.BigIntegerField(default=1)
    """Rises with every change of anything on the page."""
    page = EncryptedJSONField()
    """reference, category, offence, place, occurred {from, to}, reported_at, reached {public stage: date}, withdrawn,
    merged_into (a crime's id), joined, hearings, property, owner: see `case_rows.page_of`"""
    officer_id = models.CharField(max_length=64, blank=True)
    unit_id = models.CharField(max_length=64, blank=True)
    stage = models.CharField(max_length=30)
    outcome = models.CharField(max_length=4, blank=True)
    next_update_on = models.DateField(null=True)
    """When the victim hears next at the latest, counted from the last entry by the force's policy"""
    promised_on = models.DateField(null=True)
    """The date that an officer promised; stands before the other until it has passed"""
    closed_on = models.DateField(null=True)
    readable_until = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "publish_case"
        constraints = [
            models.UniqueConstraint(fields=["force", "id"], name="publish_case_in_force"),
            models.UniqueConstraint(fields=["crime_id"], name="publish_case_crime"),
        ]


class Entry(models.Model):
    """One entry on a timeline (an update), for all victims of the case or for some.

    States: ``published``; ``held`` (waits for an officer's yes); ``never`` (the force's policy, or an officer, says
    it is not for victims); ``withdrawn`` (stays on the page with its reason); ``gone`` (no trace of it is left).
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    case = models.ForeignKey(Case, models.CASCADE, db_constraint=False, db_index=False)
    key = models.CharField(max_length=120)
    """What it is made from: ``update:<id>``, ``desk:<id>`` or ``derived:<milestone>:<sequence>``"""
    revision = models.BigIntegerField()
    milestone = models.CharField(max_length=40)
    outcome = models.CharField(max_length=4, blank=True)
    happened_at = models.DateTimeField()
    words = EncryptedJSONField()
    """``{"en": {"title", "paragraphs"}, "cy": …, "written": ["en"]}``, plain text. The force's own words keep
    ``{unit}`` and ``{officer}`` open: who that is, is filled in when the page is read."""
    officer_id = models.CharField(max_length=64, blank=True)
    """Whom ``{officer}`` means"""
    words_hash = models.BinaryField(max_length=32)
    victims: Any = ArrayField(models.UUIDField(), null=True)
    """Whom it is for; None: all victims of the case"""
    state = models.CharField(max_length=10)
    hold_reason = models.CharField(max_length=40, blank=True)
    """``milestone``, ``review``, ``outcome``, ``speak_first``, ``missed``"""
    decision = models.CharField(max_length=8, blank=True)
    """What an officer decided about a held entry: ``release``, ``never`` or ``keep``"""
    decided_hash = models.BinaryField(max_length=32, null=True)
    """Of the words that were decided about: other words need another decision"""
    note = EncryptedJSONField(null=True)
    """The officer's reason"""
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    corrected_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=12, blank=True)
    replaced_by = models.CharField(max_length=120, blank=True)
    """The key of the entry that took its place, which may not have come yet, or not be for everybody"""
    live = models.BooleanField()
    missed = models.BooleanField(default=False)
    """Came while the case was closed to victims: an officer releases it from one list"""

    class Meta:
        db_table = "publish_entry"
        constraints = [
            # with all that a refresh must know of the most: it reads the index, and not a row ten times as wide
            models.UniqueConstraint(
                fields=["case", "key"],
                include=[
                    "force",
                    "revision",
                    "outcome",
                    "state",
                    "hold_reason",
                    "decision",
                    "missed",
                    "words_hash",
                ],
                name="publish_entry_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["force", "state"], condition=models.Q(state="held"), name="publish_entry_held"
            )
        ]


class Contact(models.Model):
    """An officer or a team as victims see them: what the portal may know of staff."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_index=False)
    kind = models.CharField(max_length=8)
    """``officer`` or ``unit``"""
    ref = models.CharField(max_length=64)
    """The records system's id"""
    shown = EncryptedJSONField()
    """officer: {name, unit, cover, email?, phone?}; unit: {name: {en, cy}, phone, hours: {en, cy}}"""
    away_until = models.DateField(null=True)
    active = models.BooleanField(default=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        db_table = "publish_contact"
        constraints = [models.UniqueConstraint(fields=["force", "ref", "kind"], name="publish_contact_once")]


class OwnWords(models.Model):
    """A version of a force's own words for one text that leaves the machine, in one language. Never changed."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_index=False)
    key = models.CharField(max_length=60)
    """Which text: `wording.pieces`"""
    language = models.CharField(max_length=2)
    version = models.IntegerField()
    """Counts from 1; 0 is the built-in"""
    revision = models.BigIntegerField()
    """Which state of all the force's words it began; the database gives it (`walls`)"""
    heading = models.TextField(null=True)
    """A mail's subject, a notification's title"""
    body = models.TextField(null=True)
    """None: from here on the built-in words stand again"""
    at = models.DateTimeField()
    by = models.UUIDField(null=True)
    """The account that saved it; None: the command line"""

    class Meta:
        db_table = "publish_words"
        constraints = [
            models.UniqueConstraint(fields=["force", "key", "language", "version"], name="publish_words_once")
        ]
