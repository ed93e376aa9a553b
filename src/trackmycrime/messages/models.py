"""What victims and police write to each other. A thread is all messages of one victim on one crime."""

from django.db import models

from trackmycrime.kernel.fields import EncryptedTextField
from trackmycrime.kernel.ids import new_id


class Message(models.Model):
    """One message. Nothing said is ever un-said: rows are added and marked, never changed or removed."""

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    victim = models.ForeignKey("people.Victim", models.CASCADE, db_constraint=False, db_index=False)
    case_id = models.UUIDField()
    by = models.CharField(max_length=8)
    """``victim`` or ``police``"""
    account_id = models.UUIDField(null=True)
    """Who wrote it; None: somebody in the records system"""
    access_id = models.UUIDField(null=True)
    """By which access a helper wrote it in their own name; None: the victim, or the police"""
    shown_as = EncryptedTextField(null=True)
    """How the officer's name is shown to the victim; None: as the police"""
    ref = models.CharField(max_length=64, blank=True)
    """The records system's id of what was written there, for the four below; else empty"""
    revision = models.BigIntegerField(default=0)
    """The sequence of these words"""
    officer_id = models.CharField(max_length=64, blank=True)
    unit_id = models.CharField(max_length=64, blank=True)
    """Who wrote it there: their names are found when it is read, for they may come later than the message"""
    corrected = models.BooleanField(default=False)
    """Other words stood in its place before"""
    replaced_at = models.DateTimeField(null=True)
    """When other words took its place; kept, and not shown any more"""
    text = EncryptedTextField()
    written_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    """When the worker carried on what a victim's message starts (a task with a clock)"""
    read_at = models.DateTimeField(null=True)
    """When the other side first opened it"""
    read_by = models.UUIDField(null=True)
    read_as = models.CharField(max_length=8, blank=True)
    """Who of the police opened it first: ``officer`` (the one in the case) or ``team``"""
    once = models.UUIDField(unique=True)
    """Made with the form: a form sent twice is one message"""

    class Meta:
        db_table = "messages_message"
        indexes = [
            models.Index(fields=["victim", "written_at"], name="messages_thread"),
            models.Index(fields=["case_id"], name="messages_case"),
            models.Index(
                fields=["force", "written_at"],
                condition=models.Q(by="victim", read_at=None),
                name="messages_unread",
            ),
            models.Index(
                fields=["written_at"], condition=models.Q(by="victim", taken_at=None), name="messages_untaken"
            ),
        ]
