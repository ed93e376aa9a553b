"""Who somebody is, by email and password: victims at the portal, officers at the desk, and never the other way."""

from typing import Any
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from trackmycrime.kernel import scope

from . import accounts, passwords, staff
from .models import Account


def _unless_changed(account: Account | None, stored: str) -> Account | None:
    """The account, unless it got another password while this one was looked at."""
    return account if account and account.password == stored else None


class VictimBackend(BaseBackend):
    """Victims. Knows nothing of an officer's account, also not with its right password."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> Account | None:
        """The account, if email and password are right. Takes the same time whether or not there is one.

        A password that was stored in another way is stored anew (`passwords`).
        """
        email, password = credentials["email"], credentials["password"]
        found = accounts.whose(accounts.find(Account.Kind.VICTIM, email), email, password)
        if found is None:
            return None
        stored = found.password
        if not passwords.is_current(email, stored):
            stored = passwords.hashed(email, password)
            with scope.bound(account=found.id):
                Account.objects.filter(pk=found.id, password=found.password).update(password=stored)
        return _unless_changed(self.get_user(found.id), stored)

    def get_user(self, user_id: UUID) -> Account | None:
        """The account of that id, within its own rows."""
        with scope.bound(account=user_id):
            return Account.objects.filter(kind=Account.Kind.VICTIM, pk=user_id).first()


class StaffBackend(BaseBackend):
    """Officers who are on the staff of a force."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> Account | None:
        """The account, if email and password are right and its holder is on the staff."""
        email, password = credentials["email"], credentials["password"]
        found = accounts.whose(accounts.find(Account.Kind.OFFICER, email), email, password)
        return _unless_changed(self.get_user(found.id), found.password) if found else None

    def get_user(self, user_id: UUID) -> Account | None:
        """The account of that id, within the rows of its force; None when it is on no staff."""
        who = staff.member(user_id)
        if who is None:
            return None
        with scope.bound(force=who.force_id):
            return Account.objects.filter(kind=Account.Kind.OFFICER, pk=user_id).first()
