"""Takes in what comes back by mail: a small server for a relay of ours to hand it to, over SMTP or LMTP, in the worker.

A mail is answered «250» when, and only when, what follows from it is committed; anything that goes wrong on our side is
«451», and the relay tries again. So a mail may come twice, which changes nothing. Nothing of it is stored, and nothing
of it is logged. aiosmtpd speaks the protocol: it is small, of Python alone, and serves the demo's mailbox already. It
stands behind a relay, on a network of ours: it does not know strangers, TLS, or spam.
"""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session, syntax
from django.db import connection, transaction

from trackmycrime import rounds
from trackmycrime.delivery import providers
from trackmycrime.delivery.channels.smtp.message import Letterhead
from trackmycrime.kernel.clock import utc_now

log = logging.getLogger(__name__)
logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)  # aiosmtpd's own would write every address down

LARGEST = 10 * 1024 * 1024
"""Bytes of a mail, as Postfix takes them unless told otherwise; only its beginning is looked at"""
_LONGEST_LINE = 64 * 1024
_MOST_AT_ONCE, _MOST_RECIPIENTS = 50, 50
_LAST_WORDS = 0.05
"""Seconds in which the answers to what was taken last go out"""

TAKEN, LATER, NOBODY = "250 2.0.0 Ok", "451 4.3.0 Not now, try again", "550 5.1.1 No such address here"
_FULL = "421 4.3.2 Too many connections, try again"

Take = Callable[[bytes, str | None, Sequence[str]], None]
"""Takes one mail (content, envelope's sender, recipients): commits what follows from it, or raises."""


def addressed() -> Letterhead:
    """Whose mail is ours. Raises ValueError where no return address is set: nothing that comes could be known."""
    head = providers.letterhead()
    if head.returning is None:
        raise ValueError("taking mail in needs TMC_EMAIL_RETURN, the address to which letters come back")
    return head


def take(content: bytes, sender: str | None, recipients: Sequence[str]) -> None:
    """Do what follows from a mail to these addresses, all in one transaction."""
    with transaction.atomic():
        for rcpt in recipients:
            rounds.mail_came(content, rcpt, sender=sender, now=utc_now())


def place(setting: str) -> tuple[str, int]:
    """Where to listen, ``host:port``. Raises ValueError that says what would be right."""
    host, _, port = setting.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 <= int(port) < 65536:
        raise ValueError("where to take mail in is like 127.0.0.1:8025")
    return host, int(port)


class _Speaker(SMTP):
    """One connection: SMTP and LMTP, told apart by how the relay greets."""

    line_length_limit = _LONGEST_LINE

    def __init__(self, handler: "_Takes", at_once: set["_Speaker"], **options: Any) -> None:
        super().__init__(handler, **options)
        self.lmtp = False
        self._at_once = at_once

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._at_once.add(self)
        if len(self._at_once) > _MOST_AT_ONCE and isinstance(transport, asyncio.Transport):
            transport.write(f"{_FULL}\r\n".encode())
            transport.close()
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._at_once.discard(self)
        super().connection_lost(error)

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, hostname: str) -> None:
        """The greeting of LMTP (RFC 2033)."""
        self.lmtp = True
        await super().smtp_EHLO(hostname)

    @syntax("EHLO hostname")
    async def smtp_EHLO(self, hostname: str) -> None:
        """The greeting of SMTP."""
        self.lmtp = False
        await super().smtp_EHLO(hostname)


class _Takes:
    """What is done with a mail; aiosmtpd calls these."""

    def __init__(self, take: Take, head: Letterhead, pool: ThreadPoolExecutor) -> None:
        self._take, self._head, self._pool = take, head, pool

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients at once"
        if not self._head.takes(address):
            return NOBODY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        said = await asyncio.get_running_loop().run_in_executor(
            self._pool, self._taken, content, envelope.mail_from, list(envelope.rcpt_tos)
        )
        # LMTP has an answer for each recipient (RFC 2033 4.2)
        return "\r\n".join([said] * len(envelope.rcpt_tos)) if getattr(server, "lmtp", False) else said

    async def handle_exception(self, error: Exception) -> str:
        log.error("mail cannot be taken in: %s", type(error).__name__)
        return LATER

    def _taken(self, content: bytes, sender: str | None, recipients: Sequence[str]) -> str:
        try:
            self._take(content, sender, recipients)
        except Exception as fault:
            log.error("mail cannot be taken in: %s", type(fault).__name__)
            connection.close()
            return LATER
        return TAKEN


class Mailroom(threading.Thread):
    """The server, in a thread of its own; two more have the database."""

    def __init__(self, setting: str, *, take: Take = take) -> None:
        """Raises ValueError for a setting that cannot be read, OSError where one cannot listen there. Several workers
        may listen at one place."""
        super().__init__(name="mailroom", daemon=True)
        self._head = addressed()
        self._take = take
        self._socket = _bound(*place(setting))
        self.port = int(self._socket.getsockname()[1])
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()

    def start(self) -> None:
        """Listen from now on."""
        self._socket.listen(100)
        super().start()

    def stop(self) -> None:
        """Take nothing new; what is being taken is finished. May be called from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ending.set)

    def run(self) -> None:
        with ThreadPoolExecutor(2, "mailroom") as pool:
            self._loop.run_until_complete(self._serve(pool))
        self._loop.close()

    async def _serve(self, pool: ThreadPoolExecutor) -> None:
        takes = _Takes(self._take, self._head, pool)
        at_once: set[_Speaker] = set()

        def speaker() -> _Speaker:
            return _Speaker(
                takes,
                at_once,
                data_size_limit=LARGEST,
                hostname="mailroom.invalid",
                ident="ESMTP and LMTP",
                enable_SMTPUTF8=True,
            )

        server = await self._loop.create_server(speaker, sock=self._socket)
        log.info("taking mail in at port %d", self.port)
        await self._ending.wait()
        server.close()
        await self._loop.run_in_executor(None, pool.shutdown)
        await asyncio.sleep(_LAST_WORDS)
        for each in list(at_once):
            if each.transport is not None:
                each.transport.close()
        ending = asyncio.all_tasks() - {asyncio.current_task()}
        for task in ending:
            task.cancel()
        if ending:
            await asyncio.wait(ending, timeout=5.0)


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(where)
    except OSError:
        made.close()
        raise
    return made
