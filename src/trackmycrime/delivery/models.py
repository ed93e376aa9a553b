"""One text to one address, and what became of it. This room knows no crime and no person."""

from django.contrib.postgres.indexes import BrinIndex
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
    # no index of its own: nothing is looked up by force alone, and every index costs each dispatch a write
    force = models.ForeignKey("forces.Force", models.CASCADE, db_index=False)
    purpose = models.CharField(max_length=20)
    """Who asked: ``alert``, ``invitation`` or ``code``; `owner_id` is that room's row."""
    owner_id = models.UUIDField()
    channel = models.CharField(max_length=10)
    address = EncryptedTextField()
    address_hash = models.BinaryField(max_length=32)
    subject = EncryptedTextField(null=True)
    body = EncryptedTextField(null=True)
    """Wiped once it is over where it holds a secret (an invitation, a code)."""
    language = models.CharField(max_length=8)
    """``en``, ``cy``, or ``cy+en`` where both stand in one text."""
    words = models.CharField(max_length=80, db_default="")
    """From which version of the words it was frozen (`letters.Letter`); empty for what is older than this column"""
    disguised = models.BooleanField(db_default=False)
    """Whether nothing on it may say who writes"""
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARED)
    reason = models.CharField(max_length=60, blank=True)
    """Why it is in that state: a word of ours, or the provider's code"""
    tries = models.SmallIntegerField(default=0)
    """How often a worker has begun with it, to send it or to ask what became of it: also the mark of a claim"""
    asks = models.SmallIntegerField(db_default=0)
    """How many of these tries only asked the provider, which could not say"""
    doubts = models.SmallIntegerField(db_default=0)
    """How many of its tries may have arrived, as far as anybody knows"""
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)
    give_up_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_by = models.UUIDField(null=True)
    """The worker that holds it, or held it last"""
    finished_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    """What the provider calls it; ours to the provider is `id`."""

    class Meta:
        db_table = "delivery_dispatch"
        # not the force first, as in `cases.models.Crime`: else it is taken for the way to an alert's letters
        constraints = [models.UniqueConstraint(fields=["id", "force"], name="delivery_dispatch_in_force")]
        indexes = [
            # the force first: a claim looks into each force that is not held, and at nothing of one that is (`work`)
            models.Index(
                fields=["force", "channel", "next_try_at"],
                condition=models.Q(state="prepared"),
                name="delivery_waiting",
            ),
            models.Index(
                fields=["give_up_at"],
                condition=models.Q(state="prepared", purpose__in=("invitation", "code")),
                name="delivery_secret",
            ),
            models.Index(fields=["lease_until"], condition=models.Q(state="sending"), name="delivery_leased"),
            models.Index(fields=["owner_id"], name="delivery_owner"),
            # text gateways may name a text by their own id only; a mail's return path names ours
            models.Index(
                fields=["provider_id"],
                condition=models.Q(channel="text") & ~models.Q(provider_id=""),
                name="delivery_named",
            ),
            # found by what lies where, which costs a dispatch nothing: for what has had no receipt (`asking`)
            BrinIndex(fields=["finished_at"], autosummarize=True, name="delivery_finished"),
        ]


class Attempt(models.Model):
    """One try to send a dispatch, or to ask a provider what became of it."""

    class How(models.TextChoices):
        SENT = "sent"
        AGAIN = "again"
        ASKED = "asked"

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    dispatch = models.ForeignKey(Dispatch, models.CASCADE, db_constraint=False)
    at = models.DateTimeField()
    result = models.CharField(max_length=12)
    """``accepted``, ``later`` (a passing failure), ``never`` (a permanent one) or ``unclear``."""
    answer = models.CharField(max_length=200, blank=True)
    """The provider's code, without addresses."""
    millis = models.IntegerField(default=0)
    how = models.CharField(max_length=5, choices=How.choices, db_default=How.SENT)
    """``sent``; ``again``: sent although an earlier try may have arrived, so the reader may have it twice (repeats are
    counted by these); ``asked``: nothing was sent, the provider was asked for its id of ours."""

    class Meta:
        db_table = "delivery_attempt"


class Switch(models.Model):
    """A hold of a channel: the kill switch. It stands until it is released; see `switches`."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, null=True, db_index=False)
    """None: for all forces"""
    channel = models.CharField(max_length=10)
    reason = models.CharField(max_length=20)
    """One of `switches.REASONS`"""
    held_at = models.DateTimeField()
    held_by = models.CharField(max_length=80)
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "delivery_switch"
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "force"],
                condition=models.Q(released_at=None),
                nulls_distinct=False,
                name="delivery_switch_once",
            )
        ]


class Receipt(models.Model):
    """What a provider said of a letter after it had taken it: once for each result, however often it is said."""

    pk = models.CompositePrimaryKey("dispatch_id", "result")
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    dispatch = models.ForeignKey(Dispatch, models.CASCADE, db_constraint=False, db_index=False)
    result = models.CharField(max_length=12)
    """``delivered``, ``failed``, ``later``, ``complained`` or ``unsubscribed``"""
    answer = models.CharField(max_length=200, blank=True)
    """The provider's code, without addresses; of the first time."""
    at = models.DateTimeField()
    """When it happened, as the provider says"""
    taken_at = models.DateTimeField()
    times = models.IntegerField(default=1)

    class Meta:
        db_table = "delivery_receipt"


class Heard(models.Model):
    """A receipt that was heard and is not taken yet: a door may not touch letters, or the letter is not known yet.

    It belongs to no force: which one, only its letter says. A worker takes it (`receipts.carry_on`) and removes it.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    channel = models.CharField(max_length=10)
    dispatch_id = models.UUIDField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    result = models.CharField(max_length=12)
    answer = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    heard_at = models.DateTimeField()
    look_at = models.DateTimeField()
    """When it is looked at next"""

    class Meta:
        db_table = "delivery_heard"
        indexes = [models.Index(fields=["look_at"], name="delivery_heard_due")]


class Address(models.Model):
    """An address that is not used (again) until somebody confirms it: it bounced for good, or its holder said so.

    Lost while `confirmed_at` is empty or not after `since` (`addresses.LOST`). The address itself is not here, only its
    keyed hash.
    """

    class State(models.TextChoices):
        BOUNCED = "bounced"
        COMPLAINED = "complained"
        UNSUBSCRIBED = "unsubscribed"

    pk = models.CompositePrimaryKey("force_id", "address_hash")
    force = models.ForeignKey("forces.Force", models.CASCADE, db_index=False)
    address_hash = models.BinaryField(max_length=32)
    channel = models.CharField(max_length=10)
    state = models.CharField(max_length=12, choices=State.choices)
    reason = models.CharField(max_length=60, blank=True)
    """The provider's code"""
    since = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "delivery_address"


class Asking(models.Model):
    """How far the asking for receipts has come with letters that were accepted `after` ago (`asking`)."""

    after = models.DurationField(primary_key=True)
    upto = models.DateTimeField()
    """The letter that was asked for last: when it was accepted, and its id"""
    upto_id = models.UUIDField()
    held_until = models.DateTimeField()
    """Until then it is one worker's"""

    class Meta:
        db_table = "delivery_asking"


class Tally(models.Model):
    """How many letters went to one address on one day, or, where `address_hash` is empty, from one force."""

    pk = models.CompositePrimaryKey("address_hash", "force_id", "channel", "day")
    address_hash = models.BinaryField(max_length=32)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_index=False)
    channel = models.CharField(max_length=10)
    day = models.DateField()
    """By the clock of London"""
    letters = models.IntegerField()
    segments = models.IntegerField()
    """Parts that the texts are sent in, which is what they cost; 0 for mails"""
    owner_id = models.UUIDField()
    """Whoever asked for the newest of them"""

    class Meta:
        db_table = "delivery_tally"


class Reply(models.Model):
    """A mail or text that came back to a letter: of a person, of a machine in their name, or to say «no more». Nothing
    of its text is kept, nor whom it was from."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    dispatch = models.ForeignKey(Dispatch, models.CASCADE, db_constraint=False, db_index=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=12)
    """``reply``, ``automatic`` or ``unsubscribe``"""
    unanswered = models.CharField(max_length=30, blank=True)
    """Why it was not answered; empty when it was"""
    message_key = models.BinaryField(max_length=32)
    """The same for a mail that is handed over twice"""

    class Meta:
        db_table = "delivery_reply"
        constraints = [
            models.UniqueConstraint(fields=["dispatch", "message_key"], name="delivery_reply_once"),
        ]
        indexes = [models.Index(fields=["force", "at"], name="delivery_reply_of_force")]


class Worker(models.Model):
    """A running worker. What it holds is anybody's once it has not been seen for a while (`work.sweep`)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    """By the database's clock, so that machines whose clocks differ agree."""
    channels = models.CharField(max_length=100)
    """The channels that it can send by, joined by commas; empty when none is set up."""

    class Meta:
        db_table = "delivery_worker"
