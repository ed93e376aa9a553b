"""One text to one address, and what became of it. This room knows no crime and no person."""

from django.db import models

from trackmycrime.kernel.fields import EncryptedTextField
from trackmycrime.kernel.ids import new_id


class Dispatch(models.Model):
    """One frozen text to one address.

    States: ``prepared`` (waits for `next_try_at`), ``sending`` (a worker holds it until `lease_until`),
    ``accepted`` (the provider took it), ``delivered`` (a receipt says so), ``failed`` (for good),
    ``cancelled`` (what allowed it has changed). The last four are final, but a receipt may follow ``accepted``.
    """

    class State(models.TextChoices):
        PREPARED = "prepared"
        SENDING = "sending"
        ACCEPTED = "accepted"
        DELIVERED = "delivered"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE)
    purpose = models.CharField(max_length=20)
    """Who asked: ``alert``, ``invitation`` or ``code``; `owner_id` is that room's row."""
    owner_id = models.UUIDField()
    channel = models.CharField(max_length=10)
    address = EncryptedTextField()
    address_hash = models.BinaryField(max_length=32)
    subject = EncryptedTextField(null=True)
    body = EncryptedTextField(null=True)
    """Wiped once it is accepted where it holds a secret (an invitation, a code)."""
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARED)
    reason = models.CharField(max_length=60, blank=True)
    tries = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)
    give_up_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_by = models.UUIDField(null=True)
    finished_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    """What the provider calls it; ours to the provider is `id`."""

    class Meta:
        db_table = "delivery_dispatch"
        constraints = [models.UniqueConstraint(fields=["force", "id"], name="delivery_dispatch_in_force")]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=models.Q(state="prepared"), name="delivery_due"
            ),
            models.Index(
                fields=["lease_until"], condition=models.Q(state="sending"), name="delivery_leased"
            ),
            models.Index(fields=["owner_id"], name="delivery_owner"),
        ]


class Attempt(models.Model):
    """One try to send a dispatch."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE)
    dispatch = models.ForeignKey(Dispatch, models.CASCADE)
    at = models.DateTimeField()
    result = models.CharField(max_length=12)
    """``accepted``, ``later`` (a passing failure), ``never`` (a permanent one) or ``unclear``."""
    answer = models.CharField(max_length=200, blank=True)
    """The provider's code, without addresses."""
    millis = models.IntegerField(default=0)

    class Meta:
        db_table = "delivery_attempt"
