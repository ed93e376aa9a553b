"""People: victims, officers, the accounts they sign in with, invitations and sessions."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models

from trackmycrime.kernel.fields import EncryptedJSONField, EncryptedTextField
from trackmycrime.kernel.ids import new_id

from . import passwords
from .factors.models import CodeApp as CodeApp
from .factors.models import Passkey as Passkey
from .factors.models import RecoveryCode as RecoveryCode
from .look.models import Look as Look
from .openid.models import ForceProvider as ForceProvider
from .openid.models import Identity as Identity
from .openid.models import ProviderSession as ProviderSession


class Account(AbstractBaseUser):
    """What a person signs in with. Victims' and officers' accounts never meet: each door sees its own kind."""

    class Kind(models.TextChoices):
        VICTIM = "victim"
        OFFICER = "officer"

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    email = EncryptedTextField()
    email_hash = models.BinaryField(max_length=32)
    language = models.CharField(max_length=8, blank=True)
    """``en`` or ``cy`` once chosen; empty until then."""
    language_asked_at = models.DateTimeField(null=True)
    """When a victim answered in which language to write to them; they are asked once, where nobody knows"""
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    """When this account last looked; what is newer is shown as new."""
    second_step = models.CharField(max_length=8, default="", blank=True)
    """What is asked besides the password: ``code``, ``app`` or ``passkey``; empty: nothing (`enough`)"""
    code_alone = models.BooleanField(default=False)
    """Whether a code that is sent may stand for the password"""
    frozen_at = models.DateTimeField(null=True)
    """When its owner said that somebody else may have seen it. Nobody signs in until an officer has spoken with them"""

    USERNAME_FIELD = "id"

    def __str__(self) -> str:
        return str(self.id)

    objects = BaseUserManager["Account"]()

    def set_password(self, raw_password: str | None) -> None:
        """Store this password (`passwords`)."""
        self.password = passwords.hashed(self.email, raw_password)

    class Meta:
        db_table = "people_account"
        constraints = [
            # two victims may share an address; the password says which of them it is
            models.UniqueConstraint(
                fields=["email_hash"], condition=models.Q(kind="officer"), name="people_account_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["email_hash"], condition=models.Q(kind="victim"), name="people_account_victim"
            )
        ]


class Staff(models.Model):
    """An officer's account at one force, with the role that says what it may do there."""

    class Role(models.TextChoices):
        OFFICER = "officer"
        SUPERVISOR = "supervisor"
        ADMINISTRATOR = "administrator"
        AUDITOR = "auditor"

    account = models.OneToOneField(Account, models.CASCADE, primary_key=True)
    force = models.ForeignKey("forces.Force", models.CASCADE)
    role = models.CharField(max_length=14, choices=Role.choices)
    officer_id = models.CharField(max_length=64, blank=True)
    """The records system's id of this officer, if it has told us of one."""
    active = models.BooleanField(default=True)
    by_provider = models.BooleanField(default=False)
    """Whether the force's OpenID provider says who this is and what they may do: then nothing else lets them in"""

    class Meta:
        db_table = "people_staff"


class SetupLink(models.Model):
    """The single-use link by which an officer sets a password; lives 24 hours."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey(Account, models.CASCADE)
    token_hash = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_setup_link"


class DoorSession(models.Model):
    """A signed-in browser. Reading this table gives no session away: `key` is a keyed hash of the cookie."""

    key = models.BinaryField(primary_key=True, max_length=32)
    data = models.BinaryField()
    """Sealed to this row, so that it cannot be copied into another session."""
    account = models.ForeignKey(Account, models.CASCADE, null=True)
    """Whose it is once somebody has signed in, so that all of a person's sessions can be ended."""
    began_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    """When it was last written: when it was used, to within a few minutes"""
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        abstract = True


class PortalSession(DoorSession):
    """Sessions of victims. Kept apart from the desk's, so that one door cannot read the other's."""

    class Meta:
        db_table = "people_portal_session"


class DeskSession(DoorSession):
    """Sessions of officers."""

    class Meta:
        db_table = "people_desk_session"


class SignIn(models.Model):
    """That a victim's account was signed in to, or how that is done was changed: shown to its owner, who is told of it
    by another way."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey(Account, models.CASCADE)
    at = models.DateTimeField()
    how = models.CharField(max_length=40)
    """By what: words of `signing.How`, with + between; or what else is to be told (`sessions.own`, ``let_in`` of
    `recovering`)"""
    by = models.CharField(max_length=10, blank=True)
    """The channel whose holder could do it (``email``, ``text``): what tells of it goes another way, if there is one"""
    detail = EncryptedJSONField()
    """browser, system, private, country (`browsers`, `place`); of another email what `own_email` says"""
    told = models.CharField(max_length=30, blank=True)
    """The channel by which its owner is told (several with + between), or why nobody is: a word of `alerts.signins`"""
    taken_at = models.DateTimeField(null=True)
    """When the worker decided that"""

    class Meta:
        db_table = "people_sign_in"
        indexes = [
            models.Index(fields=["at"], condition=models.Q(taken_at=None), name="people_sign_in_untaken")
        ]


class Officer(models.Model):
    """What a records system says of one of its officers."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_index=False)
    officer_id = models.CharField(max_length=64)
    unit_id = models.CharField(max_length=64, blank=True)
    detail = EncryptedJSONField()
    """name, collar_number, rank, email, phone, shown_as"""
    email_hash = models.BinaryField(max_length=32, null=True)
    active = models.BooleanField(default=True)
    away_until = models.DateField(null=True)
    cover = models.CharField(max_length=64, blank=True)
    sequence = models.BigIntegerField(default=-1)

    class Meta:
        db_table = "people_officer"
        constraints = [models.UniqueConstraint(fields=["force", "officer_id"], name="people_officer_once")]


class Victim(models.Model):
    """One person's part in one crime.

    `detail` is what the records system said last; `safe_*` is what it said last about safety, and its silence loosens
    nothing; `chosen_*` is what the victim chose here, and stands over what the records system prefers.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    crime_id = models.UUIDField()
    person = models.CharField(max_length=64)
    """The records system's id of the person, the same on all crimes of the force."""
    role = models.CharField(max_length=20)
    detail = EncryptedJSONField()
    """name, organisation, born_on, address, needs"""
    email = EncryptedTextField(null=True)
    email_hash = models.BinaryField(max_length=32, null=True)
    mobile = EncryptedTextField(null=True)
    mobile_hash = models.BinaryField(max_length=32, null=True)
    language = models.CharField(max_length=35, blank=True)
    under_age = models.BooleanField(default=False)
    of_age_on = models.DateField(null=True)
    """When a child comes of age, in plain because row security must read it: a parent's part in the crime ends then.
    Of who was grown up when they were told of, no more than that (`rules.GROWN_UP`); None: no birthday was said"""
    enhanced = models.BooleanField(null=True)
    preferred_channel = models.CharField(max_length=10, blank=True)
    safe_known = models.BooleanField(default=False)
    """Whether anybody has said what is safe."""
    safe_channels: Any = ArrayField(models.CharField(max_length=10), null=True)
    """None: all that are known; []: no machine contact at all."""
    safe_from = models.TimeField(null=True)
    safe_to = models.TimeField(null=True)
    disguise = models.BooleanField(default=False)
    no_portal = models.BooleanField(default=False)
    safe_note = EncryptedTextField(null=True)
    """For officers only"""
    look_off = models.BooleanField(default=False, db_default=False)
    """Whether an officer has switched a look without an account off for them. Off it closes; on it opens nothing that
    else is closed (`look.walls`)"""
    chosen_channel = models.CharField(max_length=10, blank=True)
    chosen_language = models.CharField(max_length=8, blank=True)
    chosen_pace = models.CharField(max_length=10, db_default="")
    """How soon they want to be told: ``at_once`` (at night too), ``daytime`` or ``weekly``; empty: as the force does"""
    agreed_days = models.SmallIntegerField(null=True)
    """After how many days without news they are told that there is none; 0: never; None: as the force does"""
    chosen_at = models.DateTimeField(null=True)
    account = models.ForeignKey(Account, models.SET_NULL, null=True, db_index=False)
    joined_at = models.DateTimeField(null=True)
    blocked_hashes: Any = ArrayField(models.BinaryField(max_length=32), default=list)
    """Hashes of addresses whose holder said «not for me»: nothing is sent there for this victim again."""
    live = models.BooleanField(default=True)
    """False once the records system has withdrawn this person: access ends, nothing more is sent"""
    sequence = models.BigIntegerField(default=-1)
    """Of the newest `victim.changed`; -1: came over from a crime that was merged into this one"""
    told_at = models.DateTimeField(null=True)
    """When the records system last said who this is and how to reach them, by its own clock"""
    said_email_hash = models.BinaryField(max_length=32, null=True)
    """Of the email that the records system had said when it was changed here, which stands until that says another;
    empty where it had said none; None: not changed here"""
    said_mobile_hash = models.BinaryField(max_length=32, null=True)
    """The same of the mobile number"""
    withdrawn_sequence = models.BigIntegerField(default=-1)
    safe_sequence = models.BigIntegerField(default=-1)
    enhanced_sequence = models.BigIntegerField(default=-1)
    withdrawn_reason = models.CharField(max_length=20, blank=True)
    invited_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_victim"
        constraints = [
            # the crime first: by it alone a crime's victims are found too
            models.UniqueConstraint(fields=["crime_id", "force", "person"], name="people_victim_once"),
            # not the force first, as in `cases.models.Crime`: else it is taken for the way to a crime's victims
            models.UniqueConstraint(fields=["id", "force"], name="people_victim_in_force"),
        ]
        indexes = [
            models.Index(
                fields=["account"],
                condition=models.Q(account__isnull=False),
                name="people_victim_account",
            ),
            # what else the same person might join
            models.Index(
                fields=["person", "force"],
                condition=models.Q(account=None, live=True),
                name="people_victim_not_joined",
            ),
            # whether an address is used by more than one account (`alerts.sign_in_codes`)
            *(
                models.Index(
                    fields=[f"{address}_hash"],
                    condition=models.Q(account__isnull=False),
                    name=f"people_victim_{address}",
                )
                for address in ("email", "mobile")
            ),
            models.Index(
                fields=["crime_id"], condition=models.Q(role="parent_guardian"), name="people_victim_parents"
            ),
        ]


class ContactChange(models.Model):
    """That a victim chose, here, another way or another language to be told in, or another time."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    victim = models.ForeignKey(Victim, models.CASCADE, db_constraint=False)
    channel = models.CharField(max_length=10, blank=True)
    language = models.CharField(max_length=8, blank=True)
    pace = models.CharField(max_length=10, default="")
    agreed_days = models.SmallIntegerField(null=True)
    email = EncryptedTextField(null=True)
    """Another address, where that was changed here (`own_addresses`)"""
    mobile = EncryptedTextField(null=True)
    changed: Any = ArrayField(models.CharField(max_length=20))
    """Which of them is new: ``preferred_channel``, ``language``, ``pace``, ``update_days``, ``email``, ``mobile``"""
    at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    """When the worker carried on what follows from it (the records system is told)"""

    class Meta:
        db_table = "people_contact_change"
        indexes = [
            models.Index(fields=["at"], condition=models.Q(taken_at=None), name="people_contact_untaken")
        ]


class PushDevice(models.Model):
    """One browser of an account that has asked to be told by push. Gone when its push service says so, when its owner
    stops it or signs out everywhere, and when nobody may tell that account by push any more."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey(Account, models.CASCADE)
    endpoint_hash = models.BinaryField(max_length=32, unique=True)
    """A browser belongs to whoever asked last: it shows what comes to nobody else."""
    detail = EncryptedJSONField()
    """subscription (endpoint, public, secret), browser, system: as coarse as «Chrome», «Android»"""
    created_at = models.DateTimeField()
    ok_at = models.DateTimeField(null=True)
    """When a push service last took something for it"""

    class Meta:
        db_table = "people_push_device"


from .helping.models import Access as Access  # noqa: E402 (a room inside this one; Django looks for tables here)
from .helping.models import HelpInvitation as HelpInvitation  # noqa: E402
from .helping.models import Member as Member  # noqa: E402
from .helping.models import Organisation as Organisation  # noqa: E402
from .invitation import Invitation as Invitation  # noqa: E402
from .models_of_control import AddressChange as AddressChange  # noqa: E402
from .once.models import SignInCode as SignInCode  # noqa: E402
from .recovering.models import IdentityCheck as IdentityCheck  # noqa: E402
