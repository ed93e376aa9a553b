"""The invitation by which a victim joins, or is let in again."""

from django.db import models

from trackmycrime.kernel.fields import EncryptedTextField
from trackmycrime.kernel.ids import new_id


class Invitation(models.Model):
    """The one mail, text or letter by which a victim joins. Proof is the token and, besides, a code by another way.

    States: ``open``; ``opened`` (its button was pressed; it can be opened again until it is used); ``used``;
    ``locked`` (too many wrong codes); ``stopped`` («not for me»); ``revoked`` (replaced, or taken back);
    ``expired`` (the last one ran out, an officer was asked). The last five are final.
    """

    class State(models.TextChoices):
        OPEN = "open"
        OPENED = "opened"
        USED = "used"
        LOCKED = "locked"
        STOPPED = "stopped"
        REVOKED = "revoked"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    victim = models.ForeignKey("people.Victim", models.CASCADE, db_constraint=False)
    round = models.SmallIntegerField(default=1)
    """1 at first; 2 and 3 when renewed on days 3 and 10 after `first_at`."""
    first_at = models.DateTimeField()
    """When the first of these rounds was made; an officer's resending begins anew."""
    way = models.CharField(max_length=10)
    """``email``, ``text``, ``letter`` (in the post) or ``desk`` (handed over, or said by an officer)."""
    address_hash = models.BinaryField(max_length=32, null=True)
    """Of the address that it went to: what «not for me» blocks."""
    token_hash = models.BinaryField(max_length=32, unique=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    second = models.CharField(max_length=8)
    """The second proof: ``text`` (a code to the mobile on file), ``officer`` (the activation code), or ``none``: the
    officer who handed it over in person knows whom they gave it to."""
    activation_code = EncryptedTextField()
    """What the desk shows and prints. Handed over in person it is the token itself."""
    activation_hash = models.BinaryField(max_length=32)
    code_hash = models.BinaryField(max_length=32, null=True)
    code_wanted_at = models.DateTimeField(null=True)
    """Set while the worker is to text a code."""
    code_sent_at = models.DateTimeField(null=True)
    code_expires_at = models.DateTimeField(null=True)
    codes_sent = models.SmallIntegerField(default=0)
    tries = models.SmallIntegerField(default=0)
    """How many wrong codes were typed."""
    proof_hash = models.BinaryField(max_length=32, null=True)
    """Of what the browser holds that typed the right code; it lasts until `proof_expires_at`."""
    proof_expires_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    recovers = models.UUIDField(null=True)
    """The account that it lets in again: of a victim who had joined when it was made"""
    check_id = models.UUIDField(null=True)
    """The `IdentityCheck` that it rests on then"""

    class Meta:
        app_label = "people"
        db_table = "people_invitation"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(recovers=None) | models.Q(check_id__isnull=False),
                name="people_invitation_recovers_after_check",
            ),
            models.UniqueConstraint(
                fields=["victim"],
                condition=models.Q(state__in=["open", "opened"]),
                name="people_invitation_one_open",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "first_at"], name="people_invitation_open"),
            models.Index(
                fields=["code_wanted_at"],
                condition=models.Q(code_wanted_at__isnull=False),
                name="people_code_is_wanted",
            ),
        ]
