"""The table by which a person changes, here, how they are reached."""

from django.db import models

from trackmycrime.kernel.fields import EncryptedTextField
from trackmycrime.kernel.ids import new_id


class AddressChange(models.Model):
    """That a victim typed another email address or mobile number for one of their parts in crimes.

    States: ``asked`` (a code goes to the new one); ``proved`` (the code was typed); ``waits`` (an officer speaks with
    them first); ``allowed`` (the officer said yes); ``done``; ``refused`` (the officer said no); ``over`` (too late,
    too many wrong codes, another one asked for, or something else has changed meanwhile). The last three are final.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    batch = models.UUIDField(db_index=True)
    """What was asked for at once, of several parts; they have one code"""
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    victim = models.ForeignKey("people.Victim", models.CASCADE, db_constraint=False)
    account = models.ForeignKey("people.Account", models.CASCADE)
    channel = models.CharField(max_length=5)
    """``email`` or ``text``"""
    value = EncryptedTextField()
    value_hash = models.BinaryField(max_length=32)
    old_hash = models.BinaryField(max_length=32, null=True)
    """Of the one that it takes the place of"""
    state = models.CharField(max_length=8, default="asked")
    asked_at = models.DateTimeField()
    code_hash = models.BinaryField(max_length=32, null=True)
    """Set by the worker, which sends the code"""
    expires_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    """When it came to the state that it is in"""

    class Meta:
        db_table = "people_address_change"
        indexes = [
            models.Index(
                fields=["asked_at"],
                condition=models.Q(state__in=["asked", "proved", "allowed"]),
                name="people_address_to_do",
            )
        ]
