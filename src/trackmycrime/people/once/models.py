"""Codes that are sent to somebody who signs in."""

from django.db import models


class SignInCode(models.Model):
    """A code that was asked for at the portal. One is kept whoever's email was typed, so that both look the same."""

    id = models.UUIDField(primary_key=True)
    """Made by the door, and known to nobody but the browser that asked: its session keeps it sealed"""
    account = models.ForeignKey("people.Account", models.CASCADE, null=True)
    """Null where nobody's code was asked for: none is sent, and every one is wrong"""
    way = models.CharField(max_length=5)
    """``email`` or ``text``"""
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    """When a worker made the code"""
    code_hash = models.BinaryField(max_length=32, null=True)
    expires_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    """How many wrong codes were typed"""
    used_at = models.DateTimeField(null=True)

    # Where the code goes to the email that its owner wants to sign in with from then on (`people.own_email`):
    new_email = models.BinaryField(null=True)
    """Sealed as the account's own; gone when the code is used"""
    new_email_hash = models.BinaryField(max_length=32, null=True)
    """Null for a code to sign in by"""
    new_password = models.CharField(max_length=128, default="")
    """The same password as it is stored under that email: its salt is the email's. Empty where there is none"""
    stood = models.CharField(max_length=128, default="")
    """The password as it was stored then: where that is another meanwhile, nothing is changed"""
    left_hash = models.BinaryField(max_length=32, null=True)
    """Of the email that is left"""
    left_is_safe = models.BooleanField(default=True)
    """Whether its owner says that the one that is left may be told"""
    language = models.CharField(max_length=8, default="")
    """What the page was in that asked"""

    class Meta:
        db_table = "people_sign_in_code"
        indexes = [
            models.Index(fields=["asked_at"], condition=models.Q(made_at=None), name="people_code_not_made"),
            models.Index(fields=["expires_at"], name="people_code_expires"),
        ]
