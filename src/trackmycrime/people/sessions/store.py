"""How a session is kept: found by a keyed hash of the cookie, sealed to its row, short, and rarely written."""

import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import IntegrityError, transaction

from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.models import DoorSession

TOUCH = timedelta(minutes=5)
"""A session in use is written again at most this often, so that a page costs no write."""


class Store(SessionBase):
    """A session that ends when nobody used it for `idle` (to within TOUCH), and `lives` after it began at the latest.

    The cookie goes when the browser closes. Times are the server's.
    """

    model: ClassVar[type[DoorSession]]
    lives: ClassVar[timedelta]
    idle: ClassVar[timedelta]
    _began_at: datetime | None = None
    _stored_end: datetime | None = None

    def hash_of(self, session_key: str | None) -> bytes:
        """The row of the session that the cookie names."""
        return crypto.blind(self.model._meta.db_table, session_key or "")

    def _seal(self, key: bytes, data: dict[str, Any]) -> bytes:
        return crypto.seal_json(f"{self.model._meta.db_table}.data", key.hex(), data)

    def _get_new_session_key(self) -> str:
        return secrets.token_urlsafe(32)

    def get_expire_at_browser_close(self) -> bool:
        """Yes: on a shared device, closing the browser must be enough."""
        return True

    def load(self) -> dict[str, Any]:
        """The data of the session that the cookie names; empty when it has ended or never was."""
        key, now = self.hash_of(self.session_key), utc_now()
        table = self.model._meta.db_table
        found = setwise.fetch(
            f"select data, began_at, expires_at from {table} where key = %s and expires_at > %s",  # noqa: S608 (constants of ours)
            [key, now],
        )
        if not found:
            self._session_key = None
            return {}
        row = found[0]
        self._began_at, self._stored_end = row["began_at"], row["expires_at"]
        if row["expires_at"] + TOUCH < self._ends(now):
            self.modified = True
        try:
            data: dict[str, Any] = crypto.unseal_json(f"{table}.data", key.hex(), row["data"])
        except crypto.CannotOpen:
            self._session_key = None
            return {}
        return data

    def _ends(self, now: datetime) -> datetime:
        return min((self._began_at or now) + self.lives, now + self.idle)

    def ends(self, now: datetime) -> tuple[datetime, datetime]:
        """When this session ends if nobody uses it any more, and when it would if it were used now."""
        self._get_session()  # type: ignore[attr-defined]
        return self._stored_end or self._ends(now), self._ends(now)

    def last_end(self, now: datetime) -> datetime:
        """When it ends, however much it is used."""
        self._get_session()  # type: ignore[attr-defined]
        return (self._began_at or now) + self.lives

    def exists(self, session_key: str) -> bool:
        """Whether there is a session of that key, ended or not."""
        return self.model._default_manager.filter(key=self.hash_of(session_key)).exists()

    def create(self) -> None:
        """Begin a session under a new key."""
        self._session_key = self._get_new_session_key()
        self._began_at = None
        self.save(must_create=True)
        self.modified = True

    def cycle_key(self) -> None:
        """Give the session another key. Raises SessionInterrupted when that of an account was ended meanwhile."""
        data, old, now = self._get_session(), self.hash_of(self.session_key), utc_now()  # type: ignore[attr-defined]
        if SESSION_KEY not in data:
            super().cycle_key()
            return
        # the very row, so that whoever ends an account's sessions at this moment ends it under one key or the other
        self._session_key, self._began_at = self._get_new_session_key(), now
        key = self.hash_of(self.session_key)
        values = {"key": key, "began_at": now, **self._values(key, data, now)}
        if not self.model._default_manager.filter(key=old).update(**values):
            raise SessionInterrupted("it was ended meanwhile")
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Write the session. Raises UpdateError when it was ended meanwhile: it is never made again."""
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        key, now = self.hash_of(self.session_key), utc_now()
        values = self._values(key, data, now)
        with transaction.atomic():
            if not must_create:
                if not self.model._default_manager.filter(key=key).update(**values):
                    raise UpdateError
                return
            self._began_at = now
            try:
                self.model._default_manager.create(key=key, began_at=now, **values)
            except IntegrityError as taken:
                raise CreateError from taken

    def _values(self, key: bytes, data: dict[str, Any], now: datetime) -> dict[str, Any]:
        account, self._stored_end = data.get(SESSION_KEY), self._ends(now)
        return {
            "data": self._seal(key, data),
            "account_id": UUID(account) if account else None,
            "used_at": now,
            "expires_at": self._stored_end,
        }

    def delete(self, session_key: str | None = None) -> None:
        """End a session: this one, or the one of that key."""
        if session_key or self.session_key:
            self.model._default_manager.filter(key=self.hash_of(session_key or self.session_key)).delete()

    @classmethod
    def clear_expired(cls) -> None:
        """Delete what has ended (Django's own name for it)."""
        cls.model._default_manager.filter(expires_at__lte=utc_now()).delete()
