"""What goes back to the records system, and how far each source has come in reading it."""

from django.db import models

from trackmycrime.kernel.fields import EncryptedJSONField, EncryptedTextField
from trackmycrime.kernel.ids import new_id


class Return(models.Model):
    """One thing that a victim did, or that happened to what was sent to them. A row never changes but for its number.

    `number` is what a reader's cursor counts. It is given by a pass of its own, after the row was committed
    (`numbering`), so that whoever has seen a number never finds a smaller one later.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    number = models.BigIntegerField(null=True)
    type = models.CharField(max_length=40)
    """One of `vocabulary.TYPES`"""
    origin = models.UUIDField()
    """The row that it is about, in its own room: of one type, a row comes back once"""
    subject = models.CharField(max_length=32)
    """The crime's reference, as the records system writes it"""
    person = models.CharField(max_length=64)
    """The records system's id of the victim"""
    data = EncryptedJSONField()
    happened_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "returns_return"
        constraints = [
            models.UniqueConstraint(fields=["type", "origin"], name="returns_once"),
            models.UniqueConstraint(fields=["force", "id"], name="returns_return_in_force"),
            models.UniqueConstraint(
                fields=["force", "number"], condition=models.Q(number__isnull=False), name="returns_number"
            ),
        ]
        indexes = [
            models.Index(fields=["force"], condition=models.Q(number=None), name="returns_without_number")
        ]


class Numbering(models.Model):
    """The last number that was given in a force. Whoever gives numbers holds this row until the commit."""

    force = models.OneToOneField("forces.Force", models.CASCADE, primary_key=True)
    last = models.BigIntegerField(default=0)

    class Meta:
        db_table = "returns_numbering"


class Reader(models.Model):
    """A source that may read the returns of its force, and how far it has said that it has come."""

    source = models.OneToOneField("feed.Source", models.CASCADE, primary_key=True, db_constraint=False)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    allowed = models.BooleanField(default=True)
    """False once an administrator took it back; what was acknowledged stays"""
    cursor = models.BigIntegerField(default=0)
    """The number of the last return that it has acknowledged"""
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "returns_reader"


class Webhook(models.Model):
    """Where a source wants its returns sent, and the secrets by which it knows that they are ours."""

    class State(models.TextChoices):
        ON = "on"
        GONE = "gone"
        """It has answered 410: nothing is sent until an administrator sets it anew; what waits goes on waiting"""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    source = models.OneToOneField("feed.Source", models.CASCADE, db_constraint=False)
    url = EncryptedTextField()
    secret = EncryptedTextField()
    old_secret = EncryptedTextField(null=True)
    """The one before; until `old_until` what is sent is signed with both"""
    old_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=4, choices=State.choices, default=State.ON)
    position = models.BigIntegerField()
    """The number of the last return of which there is a post"""
    created_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    """When it last took one"""
    failed_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=60, blank=True)
    """What the last failure was: a status, or a word of ours"""

    class Meta:
        db_table = "returns_webhook"
        constraints = [models.UniqueConstraint(fields=["force", "id"], name="returns_webhook_in_force")]


class Post(models.Model):
    """One return on its way to one webhook.

    States: ``waiting`` (for `next_try_at`, and for the earlier ones of the same crime), ``sending`` (a worker holds it
    until `lease_until`), ``done``, ``dead`` (given up after three days; an administrator replays or drops it),
    ``dropped``.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, db_constraint=False, db_index=False)
    returned = models.ForeignKey(
        Return, models.CASCADE, db_constraint=False, db_index=False, db_column="return_id"
    )
    number = models.BigIntegerField()
    subject = models.CharField(max_length=32)
    state = models.CharField(max_length=8)
    tries = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    first_try_at = models.DateTimeField(null=True)
    """From when the three days count"""
    lease_by = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    answer = models.CharField(max_length=60, blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "returns_post"
        constraints = [models.UniqueConstraint(fields=["webhook", "number"], name="returns_post_once")]
        indexes = [
            models.Index(
                fields=["webhook", "next_try_at"],
                condition=models.Q(state="waiting"),
                name="returns_post_due",
            ),
            models.Index(
                fields=["webhook", "subject", "number"],
                condition=models.Q(state__in=["waiting", "sending"]),
                name="returns_post_order",
            ),
            models.Index(
                fields=["lease_until"], condition=models.Q(state="sending"), name="returns_post_leased"
            ),
            models.Index(
                fields=["webhook", "number"], condition=models.Q(state="dead"), name="returns_post_dead"
            ),
        ]
