"""Mail over SMTP: one kept connection for each thread. What is said before the text goes over at once, where the server
takes it so (PIPELINING).

What the server's answers mean: 2yz after the text, accepted; 4yz, a lost connection or a time-out before the text was
sent, later; 5yz about this letter, never. Once the text has been sent, a lost connection or a time-out says nothing
about what the server did with it: unclear. What is wrong with us rather than with the letter (a greeting, a login, a
certificate) is never held against the letter: later.
"""

import contextlib
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from trackmycrime.delivery.channels import Channel
from trackmycrime.delivery.channels.stepping import Elsewhere, Steps, drive, read, write
from trackmycrime.delivery.letters import Letter, Outcome
from trackmycrime.delivery.meaning import no_such_address
from trackmycrime.kernel.clock import utc_now

from .message import CannotBeSent, Letterhead, compose, recipient

_OUR_FAULT = frozenset({530, 534, 535, 538})
"""Answers that ask for another login (RFC 4954); 5yz, but not about the letter"""
_CLOSING = 421
_LONGEST = 8_192
"""Bytes of a line, or of short lines, that are no reply any more"""
CLOSED = "closed"
"""The answer where the server had closed the connection, or closed it before it took the text"""
_STATUS = re.compile(rb"\b[245]\.\d{1,3}\.\d{1,3}\b")
_QUEUED = re.compile(rb"(?:queued as|queued mail|id=)[ :]*([A-Za-z0-9._-]{4,80})", re.IGNORECASE)


@dataclass(frozen=True)
class Server:
    """Where mail goes: ``smtp://user:password@host:port``, ``smtps://…`` (TLS from the start), ``smtp://…?starttls``."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: str = ""
    """``""``, ``start`` (STARTTLS, or nothing is sent) or ``whole``"""

    def __repr__(self) -> str:
        return f"<smtp {self.host}:{self.port}>"

    @classmethod
    def read(cls, url: str) -> Self:
        """The server that a setting names. Raises ValueError that says what is wrong and shows no password."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("the mail server's address is like smtp://user:password@host:port, or smtps://…")
        try:
            port = parts.port
        except ValueError:
            raise ValueError("the mail server's port must be a number") from None
        start = "starttls" in parse_qs(parts.query, keep_blank_values=True)
        whole = parts.scheme == "smtps"
        return cls(
            parts.hostname,
            port or (465 if whole else 587 if start else 25),
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            "whole" if whole else "start" if start else "",
        )


class _NotReady(Exception):
    """The server could not be brought to take mail; `args[0]` is a code."""


class SmtpChannel(Channel):
    """Sends over one server, on a connection that is kept for as long as the server keeps it."""

    def __init__(
        self,
        url: str,
        head: Letterhead,
        *,
        timeout: float = 30.0,
        verdict_timeout: float = 120.0,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """`timeout` is for each answer, in seconds, `verdict_timeout` for the one after the text (RFC 5321 allows
        ten minutes: servers look into the mail before they answer). Raises ValueError for a `url` that is none."""
        self._server = Server.read(url)
        self._head = head
        self._timeout = timeout
        self._verdict_timeout = verdict_timeout
        self._context = context
        self._session: smtplib.SMTP | None = None
        self._at_once = False
        """Whether the server takes several commands at once"""
        self._read = b""
        """What has come from the server and was not looked at yet"""

    def send(self, letter: Letter) -> Outcome:
        """Try once; on a kept connection that turns out to be dead before anything was said, on a new one."""
        return drive(self.steps(letter))

    def steps(self, letter: Letter) -> Steps[Outcome]:
        """As `send`."""
        try:
            to = recipient(letter.address)
            back, text = compose(letter, head=self._head, to=to, at=utc_now())
        except CannotBeSent as wrong:
            return Outcome("never", str(wrong))
        while True:
            kept = self._session is not None
            try:
                if not kept:
                    yield Elsewhere(self._open)
            except _NotReady as error:
                yield Elsewhere(self.close)
                return Outcome("later", str(error))
            outcome = yield from self._hand_over(back, to, text)
            if not (kept and outcome.answer == CLOSED):
                return outcome

    def close(self) -> None:
        """End the connection politely if it still lives."""
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                if session.sock is not None:
                    session.sock.settimeout(1.0)
                    session.quit()
            session.close()

    def _open(self) -> None:
        server, name = self._server, socket.gethostname()
        name = name if "." in name else "[127.0.0.1]"  # RFC 5321 4.1.4: no name is better than half a one
        # made only where it is needed: it reads all of the system's certificates
        context = (self._context or ssl.create_default_context()) if server.tls else None
        step = "connect"
        try:
            if server.tls == "whole":
                session: smtplib.SMTP = smtplib.SMTP_SSL(
                    server.host, server.port, name, timeout=self._timeout, context=context
                )
            else:
                session = smtplib.SMTP(server.host, server.port, name, timeout=self._timeout)
            self._session = session
            if session.sock is not None:
                session.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            step = "hello"
            session.ehlo_or_helo_if_needed()
            if server.tls == "start":
                step = "starttls"
                session.starttls(context=context)
                session.ehlo()
            if server.user:
                step = "login"
                session.login(server.user, server.password)
        except smtplib.SMTPResponseException as refused:
            raise _NotReady(f"{step}-{refused.smtp_code}") from None
        except TimeoutError:
            raise _NotReady(f"{step}-timeout") from None
        except (OSError, smtplib.SMTPException):
            raise _NotReady(f"{step}-failed") from None
        self._at_once, self._read = session.has_extn("pipelining"), b""
        if session.sock is not None:
            session.sock.setblocking(False)

    def _hand_over(self, back: str, to: str, text: bytes) -> Steps[Outcome]:
        """One letter on the open connection; the answer is CLOSED when that ended before the text was sent."""
        # said as they stand: both were read as addresses before, which smtplib would do anew for each
        asked = ((f"MAIL FROM:<{back}>\r\n", 2), (f"RCPT TO:<{to}>\r\n", 2), ("DATA\r\n", 3))
        wrong: tuple[int, bytes] | None = None
        code = 0
        try:
            if self._at_once:
                yield from self._say("".join(line for line, _ in asked))
            for line, wanted in asked:
                if not self._at_once:
                    yield from self._say(line)
                code, answer = yield from self._reply(self._timeout)
                if code == _CLOSING or code // 100 not in (wanted, 4, 5):
                    break  # no answer to what was asked: what else comes would be read as one to what is asked next
                if code // 100 != wanted and wrong is None:
                    wrong = code, answer
                if wrong and not self._at_once:
                    break
            else:
                if wrong is None:
                    return (yield from self._send_text(text))
            if wrong and code // 100 == 3:
                # it asks for the text although something was refused: only without a connection is surely none sent
                self._drop()
                return _refused(*wrong)
            if wrong and code // 100 in (4, 5) and code != _CLOSING:
                yield from self._say("RSET\r\n")
                yield from self._reply(self._timeout)
                return _refused(*wrong)
        except (OSError, ValueError):
            pass
        yield Elsewhere(self.close)
        return _refused(*wrong) if wrong else Outcome("later", CLOSED)

    def _send_text(self, text: bytes) -> Steps[Outcome]:
        """The text itself, once the server has asked for it. From here on, no answer is not a refusal, and what is no
        whole answer is none."""
        try:
            yield from write(self._socket(), _stuffed(text), self._timeout)
            code, answer = yield from self._reply(self._verdict_timeout)
        except (OSError, ValueError):
            code, answer = -1, b""
        if code // 100 not in (2, 4, 5):
            self._drop()
            return Outcome("unclear", "lost after text")
        if code == _CLOSING:
            yield Elsewhere(self.close)
        if code // 100 == 2:
            found = _QUEUED.search(answer)
            return Outcome("accepted", _code(code, answer), found[1].decode("ascii") if found else "")
        return _refused(code, answer)

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _socket(self) -> socket.socket:
        if self._session is None or self._session.sock is None:
            raise ConnectionResetError
        return self._session.sock

    def _say(self, line: str) -> Steps[None]:
        yield from write(self._socket(), line.encode("ascii"), self._timeout)

    def _reply(self, seconds: float) -> Steps[tuple[int, bytes]]:
        """The server's next reply: its code, and its lines without it. Raises OSError when none comes, and ValueError
        for what is no reply."""
        lines: list[bytes] = []
        while True:
            end = self._read.find(b"\n")
            if max(end, len(lines) * 80, 0 if end >= 0 else len(self._read)) > _LONGEST:
                raise ValueError("too long for a reply")
            if end < 0:
                more = yield from read(self._socket(), 4096, seconds)
                if not more:
                    raise ConnectionResetError
                self._read += more
                continue
            line, self._read = self._read[:end].rstrip(b"\r"), self._read[end + 1 :]
            lines.append(line[4:])
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(lines)


def _stuffed(text: bytes) -> bytes:
    """The text with leading dots doubled and the final dot (RFC 5321 4.5.2)."""
    body = (b"\r\n" + text).replace(b"\r\n.", b"\r\n..")[2:]
    return body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _code(code: int, answer: bytes) -> str:
    """The reply's numbers and nothing of its text, which may repeat the address."""
    status = _STATUS.search(answer)
    return f"{code} {status[0].decode('ascii')}" if status else str(code)


def _refused(code: int, answer: bytes) -> Outcome:
    forever = 500 <= code < 600 and code not in _OUR_FAULT
    said = _code(code, answer)
    return Outcome("never" if forever else "later", said, nobody=forever and no_such_address(said))
