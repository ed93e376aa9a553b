"""The tables of OpenID: a force's provider, who is who there, and the sessions that it vouches for."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from trackmycrime.kernel.fields import EncryptedTextField
from trackmycrime.kernel.ids import new_id


class ForceProvider(models.Model):
    """The OpenID provider of a force, by which its staff sign in. ``trackmycrime force provider`` sets it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.OneToOneField("forces.Force", models.CASCADE)
    issuer = models.CharField(max_length=500)
    client_id = models.CharField(max_length=200)
    secret = EncryptedTextField()
    """What we show that we are who we are by: a shared secret, or a private key (PEM)"""
    scope = models.CharField(max_length=300)
    role_claim = models.CharField(max_length=200)
    roles: Any = models.JSONField()
    """Which value of that claim is which role: ``{"TMC officers": "officer"}``. Any other value gives nothing."""
    officer_claim = models.CharField(max_length=200, blank=True)
    """The claim that holds the records system's id of the officer; empty: found by the email that is verified"""
    acr: Any = ArrayField(models.CharField(max_length=200), default=list)
    """By which means somebody must have shown who they are, to do what is dangerous; empty: by any, just now"""
    adopt = models.BooleanField(default=False)
    """Whether an account that is there already becomes the provider's, by the email that is verified"""
    active = models.BooleanField(default=True)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "people_force_provider"


class Identity(models.Model):
    """Who an account is at a provider: by the provider's own subject, and by nothing else."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey("people.Account", models.CASCADE)
    subject_hash = models.BinaryField(max_length=32, unique=True)
    """A keyed hash of the door, the issuer and the subject"""
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    """When its claims stopped giving a role: the account is closed, and open again once they do"""

    class Meta:
        db_table = "people_identity"


class ProviderSession(models.Model):
    """That a session began by a provider: what it takes to ask again whether it still says so."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey("people.Account", models.CASCADE)
    sid_hash = models.BinaryField(max_length=32, null=True, db_index=True)
    """A keyed hash of the provider's own name for the session"""
    refresh = EncryptedTextField(null=True)
    """The refresh token, if it gave one"""
    checked_at = models.DateTimeField()
    """When the provider said last that all is as it was"""
    asking_until = models.DateTimeField(null=True)
    """Until when one process has the asking to itself"""
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "people_provider_session"
