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

    class Meta:
        db_table = "people_sign_in_code"
        indexes = [
            models.Index(fields=["asked_at"], condition=models.Q(made_at=None), name="people_code_not_made"),
            models.Index(fields=["expires_at"], name="people_code_expires"),
        ]
