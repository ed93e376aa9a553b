"""Access that somebody has to another person's case, and the organisations whose workers help."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from trackmycrime.kernel.fields import EncryptedTextField
from trackmycrime.kernel.ids import new_id


class Organisation(models.Model):
    """An advocate organisation that a force works with. Its own administrators say who works there."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "people"
        db_table = "people_organisation"
        constraints = [models.UniqueConstraint(fields=["force", "id"], name="people_organisation_in_force")]


class Member(models.Model):
    """Somebody who works for an organisation. From `ended_at` on they see nothing by it any more."""

    class Role(models.TextChoices):
        ADMINISTRATOR = "administrator"
        WORKER = "worker"

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, db_constraint=False, db_index=False)
    account = models.ForeignKey("people.Account", models.SET_NULL, null=True, db_index=False)
    """None until they have joined with two proofs of their own"""
    name = EncryptedTextField()
    role = models.CharField(max_length=13, choices=Role.choices)
    added_by = models.UUIDField(null=True)
    """The account of the officer or of the organisation's administrator who did; None: by a command"""
    added_at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)

    class Meta:
        app_label = "people"
        db_table = "people_member"
        constraints = [
            models.UniqueConstraint(fields=["force", "id"], name="people_member_in_force"),
            models.UniqueConstraint(
                fields=["organisation", "account"],
                condition=models.Q(ended_at=None, account__isnull=False),
                name="people_member_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account"],
                condition=models.Q(ended_at=None, account__isnull=False),
                name="people_member_account",
            ),
            models.Index(fields=["organisation"], name="people_member_organisation"),
        ]


class Access(models.Model):
    """That one person, or one organisation, may see one victim's case, and perhaps write on it, until a moment.

    It counts while it has not ended, its time has not come, the victim is live and still the account that gave it
    (`walls_of_helping.STANDS` is the one place that says so).
    """

    class Kind(models.TextChoices):
        HELPER = "helper"
        GUARDIAN = "guardian"
        ORGANISATION = "organisation"

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    victim = models.ForeignKey("people.Victim", models.CASCADE, db_constraint=False, db_index=False)
    crime_id = models.UUIDField()
    carried_from: Any = ArrayField(models.UUIDField(), db_default=[])
    """The victim's parts that it was carried along from by merges of crimes, the one it was given for first"""
    kind = models.CharField(max_length=12, choices=Kind.choices)
    account = models.ForeignKey("people.Account", models.SET_NULL, null=True, db_index=False)
    """Who helps; None until they have joined with two proofs of their own, and for an organisation"""
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, db_constraint=False, db_index=False
    )
    name = EncryptedTextField()
    """What whoever gave it calls them"""
    may_write = models.BooleanField(default=False)
    wants_alerts = models.BooleanField(default=False)
    """Whether they asked to be told, at the address they sign in with, that there is something new"""
    until = models.DateTimeField()
    by_officer = models.BooleanField(default=False)
    given_by = models.UUIDField()
    """The account of the victim or of the officer who did"""
    given_at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)
    """The account of whoever ended it; None: its time was over, or by a command"""
    ended_why = models.CharField(max_length=12, blank=True)
    """``victim``, ``officer``, ``left`` (they did not want to any more), ``not_for_me``, ``time``, ``of_age``,
    ``contact`` (they are the business's named contact now), ``moved`` (another person holds the victim's part),
    ``reopened`` (the account that gave it was lost, and opened again), ``lost`` (they could not sign in any more, and
    were invited anew)"""
    told_at = models.DateTimeField(null=True)
    """When they were last told that there is something new"""

    class Meta:
        app_label = "people"
        db_table = "people_access"
        constraints = [
            models.UniqueConstraint(fields=["force", "id"], name="people_access_in_force"),
            models.UniqueConstraint(
                fields=["victim", "account"],
                condition=models.Q(ended_at=None, account__isnull=False),
                name="people_access_once",
            ),
            models.UniqueConstraint(
                fields=["victim", "organisation"],
                condition=models.Q(ended_at=None, organisation__isnull=False),
                name="people_access_org_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account"],
                condition=models.Q(ended_at=None, account__isnull=False),
                name="people_access_account",
            ),
            models.Index(
                fields=["organisation"],
                condition=models.Q(ended_at=None, organisation__isnull=False),
                name="people_access_organisation",
            ),
            models.Index(fields=["victim"], name="people_access_victim"),
            models.Index(fields=["until"], condition=models.Q(ended_at=None), name="people_access_until"),
        ]


class HelpInvitation(models.Model):
    """The one mail by which somebody takes up access, or work for an organisation. Besides its link it needs the code
    that whoever invited them tells them another way.

    States: ``waiting`` (the worker is to send it); ``open``; ``opened``; ``used``; ``locked`` (five wrong codes);
    ``stopped`` («not for me»); ``revoked``; ``expired``.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    access = models.ForeignKey(Access, models.CASCADE, null=True, db_constraint=False, db_index=False)
    member = models.ForeignKey(Member, models.CASCADE, null=True, db_constraint=False, db_index=False)
    email = EncryptedTextField()
    email_hash = models.BinaryField(max_length=32)
    language = models.CharField(max_length=8, blank=True)
    """In which language they are written to: that of whoever invited them"""
    token_hash = models.BinaryField(max_length=32, unique=True, null=True)
    code_hash = models.BinaryField(max_length=32)
    state = models.CharField(max_length=8, default="waiting")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    proof_hash = models.BinaryField(max_length=32, null=True)
    proof_expires_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "people"
        db_table = "people_help_invitation"
        constraints = [
            models.UniqueConstraint(
                fields=["access"],
                condition=models.Q(state__in=["waiting", "open", "opened"]),
                name="people_help_one_open",
            ),
            models.UniqueConstraint(
                fields=["member"],
                condition=models.Q(state__in=["waiting", "open", "opened"]),
                name="people_help_one_open_member",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=models.Q(state__in=["waiting", "open", "opened"]),
                name="people_help_unused",
            )
        ]
