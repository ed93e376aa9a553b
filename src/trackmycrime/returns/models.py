"""What goes back to the records system, and how far each source has come in reading it."""

from django.db import models

from trackmycrime.kernel.fields import EncryptedJSONField
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
