"""The tables of factors. Each row is an account's own, and its owner's alone to see."""

from django.db import models

from trackmycrime.kernel.fields import EncryptedTextField
from trackmycrime.kernel.ids import new_id


class Passkey(models.Model):
    """A passkey of an account: the public half, which opens nothing. Its private half never leaves its keeper."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey("people.Account", models.CASCADE)
    credential_hash = models.BinaryField(max_length=32, unique=True)
    """By which it is found before anybody is known"""
    credential = models.BinaryField()
    """WebAuthn's attested credential data: the kind of keeper, the credential's id, its public key"""
    name = EncryptedTextField()
    """What its owner calls it"""
    count = models.BigIntegerField(default=0)
    """How often it was used, by its own counting; 0 always, where its keeper does not count"""
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_passkey"


class CodeApp(models.Model):
    """The app of an account that shows a new code every half minute (TOTP), once it has shown a right one."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.OneToOneField("people.Account", models.CASCADE)
    secret = EncryptedTextField()
    """What app and service share, in base32"""
    last_step = models.BigIntegerField()
    """The half minute of the newest code that was used: neither it nor an older one is taken again"""
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_code_app"


class RecoveryCode(models.Model):
    """One of the codes to keep on paper for the day on which phone and passkey are gone; each opens once."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey("people.Account", models.CASCADE)
    code_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_recovery_code"
