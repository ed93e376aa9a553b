"""The table of looks."""

from django.db import models

from trackmycrime.kernel.fields import EncryptedTextField
from trackmycrime.kernel.ids import new_id


class Look(models.Model):
    """Somebody asks to see where a case stands, and has no account.

    Written by the portal for whatever was typed, so that its answer cannot tell what there is; a worker finds out whose
    it is, if anybody's, and sends the code. Then the row is the session of that look, and of nothing else.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    ticket_hash = models.BinaryField(max_length=32, unique=True)
    """Of what the browser holds; another one from the right code on"""
    reference = EncryptedTextField(null=True)
    """As it was typed; forgotten as soon as a worker has looked"""
    channel = models.CharField(max_length=10)
    """``email`` or ``text``: which kind of contact was typed"""
    address_hash = models.BinaryField(max_length=32)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    """Until when the code works, and after it how long the look lasts"""
    taken_at = models.DateTimeField(null=True)
    """When a worker looked whose it is"""
    force = models.ForeignKey("forces.Force", models.CASCADE, null=True, db_constraint=False, db_index=False)
    victim_id = models.UUIDField(null=True)
    code_hash = models.BinaryField(max_length=32, null=True)
    tries = models.SmallIntegerField(default=0)
    """How many wrong codes were typed"""
    proved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_look"
        indexes = [
            models.Index(fields=["asked_at"], condition=models.Q(taken_at=None), name="people_look_untaken"),
            models.Index(
                fields=["expires_at"], condition=models.Q(victim_id=None), name="people_look_of_nobody"
            ),
        ]
