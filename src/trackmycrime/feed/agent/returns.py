"""Returns, what victims did, written where a records system can take them: as files in a folder, or rows of a table.

Pull a page, keep it, and only then acknowledge it: killed at any moment, what was not acknowledged comes again, and
is known by its id. Nothing of it passes through the spool.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from trackmycrime.feed.agent import clock, secret_files
from trackmycrime.feed.agent.config import GatewaySettings, Wrong
from trackmycrime.feed.agent.gateway import Away, Denied, Gateway, Unreadable, growing
from trackmycrime.feed.agent.log import Log, kind_and_place
from trackmycrime.feed.agent.pushing import connected
from trackmycrime.feed.agent.returns_settings import ReturnsSettings

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SEQUENCE = re.compile(r"[0-9]{1,19}")
_LONGEST_WAIT = 60.0
_LONG = 300.0


class NotKept(Exception):
    """Returns could not be written; the message says why. They are pulled again."""


class Sink(Protocol):
    """Where returns are written."""

    def keep(self, returns: Sequence[dict[str, Any]]) -> None:
        """Write them, each once by its id; they are safe when this ends. Raises NotKept, and may have kept some."""

    def close(self) -> None:
        """Let go of what is held."""


def opened(settings: ReturnsSettings) -> Sink:
    """What the settings name, ready to be written to. Raises NotKept."""
    if settings.type == "table":
        return DatabaseTable(settings)
    assert settings.folder is not None
    return Files(settings.folder, group_may_read=settings.group_may_read)


class Files:
    """One file for each return, ``SEQUENCE-ID.json``, so that names sort in order; it is whole when it is there."""

    def __init__(self, folder: Path, *, group_may_read: bool = False) -> None:
        self.folder, self._mode = folder, 0o640 if group_may_read else 0o600
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as why:
            raise NotKept(f"{folder} cannot be made: {why.strerror}") from None

    def keep(self, returns: Sequence[dict[str, Any]]) -> None:
        """See Sink."""
        try:
            for event in returns:
                self._write(f"{int(event['sequence']):019d}-{event['id']}.json", event)
            self._settle()
        except OSError as why:
            raise NotKept(f"{self.folder} cannot be written to: {why.strerror}") from None

    def _write(self, name: str, event: dict[str, Any]) -> None:
        if (self.folder / name).exists():
            return
        aside = self.folder / f".{name}.part"
        aside.unlink(missing_ok=True)  # left behind by one that was killed
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            os.fchmod(file.fileno(), self._mode)
            file.write(json.dumps(event, ensure_ascii=False, indent=1).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.folder / name)

    def _settle(self) -> None:
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def close(self) -> None:
        """Nothing is held."""


class DatabaseTable:
    """One row for each return, with its id as the key. The table is made where it is not there and the login may.

    Columns: ``id``, ``sequence``, ``type``, ``subject``, ``victim``, ``happened_at`` (RFC 3339, UTC), ``data`` (JSON).
    """

    def __init__(self, settings: ReturnsSettings) -> None:
        try:
            import sqlalchemy as sa

            from trackmycrime.feed.connectors.sql.database import DRIVERS
        except ImportError:
            raise NotKept("[returns] type table needs SQLAlchemy: pip install 'trackmycrime[sql]'") from None
        self._sa = sa
        schema, _, name = settings.table.rpartition(".")
        meta = sa.MetaData(schema=schema or None)
        self._table = sa.Table(
            name,
            meta,
            sa.Column("id", sa.String(36), primary_key=True),
            sa.Column("sequence", sa.BigInteger, nullable=False),
            sa.Column("type", sa.String(40), nullable=False),
            sa.Column("subject", sa.String(32), nullable=False),
            sa.Column("victim", sa.String(64), nullable=False),
            sa.Column("happened_at", sa.String(40), nullable=False),
            sa.Column("data", sa.Text, nullable=False),
        )
        try:
            url = sa.make_url(settings.url)
            url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
            self._engine = sa.create_engine(url, pool_pre_ping=True, hide_parameters=True)
        except ImportError as missing:
            raise NotKept(f"[returns] url needs a driver that is not installed: {missing.name}") from None
        except sa.exc.ArgumentError:
            raise NotKept("[returns] url is no database URL") from None
        if settings.password_file is not None:
            self._password_from(settings.password_file)
        try:
            with self._engine.begin() as connection:
                meta.create_all(connection)
        except (sa.exc.SQLAlchemyError, OSError) as why:
            self.close()
            raise NotKept(
                f"the table {settings.table} is not there and cannot be made: {_kind(why)}"
            ) from None

    def _password_from(self, file: Path) -> None:
        def give(_dialect: Any, _record: Any, _args: Any, params: dict[str, Any]) -> None:
            try:
                params["password"] = secret_files.read(file)
            except secret_files.NotSecret as why:
                raise OSError(str(why)) from None

        self._sa.event.listen(self._engine, "do_connect", give)

    def keep(self, returns: Sequence[dict[str, Any]]) -> None:
        """See Sink; all of it in one transaction."""
        rows = [
            {
                "id": event["id"],
                "sequence": int(event["sequence"]),
                "type": event["type"],
                "subject": event["subject"],
                "victim": str(event["data"].get("victim", "")),
                "happened_at": event["time"],
                "data": json.dumps(event["data"], ensure_ascii=False),
            }
            for event in returns
        ]
        try:
            try:
                self._insert(rows)
            except self._sa.exc.IntegrityError:  # another agent kept one of them at this moment
                self._insert(rows)
        except (self._sa.exc.SQLAlchemyError, OSError) as why:
            raise NotKept(f"the table {self._table.fullname} cannot be written to: {_kind(why)}") from None

    def _insert(self, rows: Sequence[dict[str, Any]]) -> None:
        ids = self._table.c.id
        with self._engine.begin() as connection:
            known = set(connection.scalars(self._sa.select(ids).where(ids.in_([row["id"] for row in rows]))))
            if new := [row for row in rows if row["id"] not in known]:
                connection.execute(self._sa.insert(self._table), new)

    def close(self) -> None:
        """End the connections."""
        self._engine.dispose()


def _kind(why: BaseException) -> str:
    """What went wrong, without statements and values; drivers tell both."""
    return str(why) if type(why) is OSError else type(getattr(why, "orig", None) or why).__name__


def round_of(gateway: Gateway, sink: Sink, settings: ReturnsSettings) -> tuple[int, bool]:
    """Pull one page, keep it, acknowledge it; says how many there were, and whether there are more.

    Raises Away, Denied, Unreadable and NotKept; nothing was acknowledged then, or the gateway did not say so.
    """
    page = gateway.returns(limit=settings.limit, types=settings.types)
    events, cursor = page.get("returns"), page.get("cursor")
    if not isinstance(events, list) or not all(map(_fit, events)) or not _SEQUENCE.fullmatch(str(cursor)):
        raise Away("the gateway's page of returns is not as its contract says")
    if events:
        sink.keep(events)
    if events or settings.types:
        gateway.acknowledge(str(cursor))
    return len(events), page.get("more") is True


def _fit(event: Any) -> bool:
    """Whether a return can be kept under its id: it becomes a file's name."""
    return (
        isinstance(event, dict)
        and bool(_ID.fullmatch(str(event.get("id"))))
        and bool(_SEQUENCE.fullmatch(str(event.get("sequence"))))
        and all(isinstance(event.get(name), str) for name in ("type", "subject", "time"))
        and isinstance(event.get("data"), dict)
    )


@dataclass
class Puller:
    """Pulls returns, in a thread of its own, until `stop`; with `once` until there are no more, or it fails."""

    settings: ReturnsSettings
    gateway: GatewaySettings
    stop: threading.Event
    once: bool = False
    failure: str = ""
    """What is wrong now, in words; empty while all goes on"""
    taken: int = 0
    _log: Log = field(default_factory=lambda: Log("returns"))
    _failing_since: float | None = None

    def run(self) -> None:
        """Until told to end."""
        tries = 0
        while not self.stop.is_set():
            try:
                self._pull()
                self.failure, tries, self._failing_since = "", 0, None
            except (Away, Denied, Unreadable, NotKept, Wrong) as why:
                self._failed(str(why))
            except Exception as fault:
                self._failed(kind_and_place(fault))
            if self.once:
                return
            wait = growing(tries, _LONGEST_WAIT) if self.failure else self.settings.every
            tries += bool(self.failure)
            self.stop.wait(wait)

    def stands_still(self) -> str:
        """Why it has taken nothing for so long that a person should look; "" while it may pass by itself."""
        since = self._failing_since
        return self.failure if since is not None and clock.steady() - since >= _LONG else ""

    def _failed(self, why: str) -> None:
        if why != self.failure:
            self._log.error(why)
        self.failure = why
        if self._failing_since is None:
            self._failing_since = clock.steady()

    def _pull(self) -> None:
        """Everything there is by now. The token and the password are read anew, so that rotated ones are found."""
        patience = self.gateway.patience if self.once else 0.0
        gateway = connected(self.gateway, self.gateway.token(), patience=patience)
        with closing(gateway), closing(opened(self.settings)) as sink:
            more = True
            while more and not self.stop.is_set():
                count, more = round_of(gateway, sink, self.settings)
                self.taken += count
                if count:
                    with suppress(OSError):
                        self._log.info(f"kept {count} returns")
