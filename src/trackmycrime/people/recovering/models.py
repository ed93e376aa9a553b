"""That an officer has made sure who somebody is."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from trackmycrime.kernel.ids import new_id


class IdentityCheck(models.Model):
    """What was looked at, how and by whom, before somebody was let into their account again. It is never changed.

    No number, copy or date of a document is kept.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    force = models.ForeignKey("forces.Force", models.CASCADE, db_constraint=False, db_index=False)
    victim = models.ForeignKey("people.Victim", models.CASCADE, db_constraint=False)
    account_id = models.UUIDField()
    """The account that it is about"""
    by = models.UUIDField()
    """The officer's account"""
    at = models.DateTimeField()
    how = models.CharField(max_length=10)
    """A word of `rules.How`"""
    what: Any = ArrayField(models.CharField(max_length=20))
    """Words of `rules.What`"""

    class Meta:
        app_label = "people"
        db_table = "people_identity_check"
