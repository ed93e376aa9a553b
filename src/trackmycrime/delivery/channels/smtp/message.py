"""One letter as the bytes of an Internet message (RFC 5322): plain text, nothing to track, nothing to inject."""

import email.header
import email.quoprimime
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, formataddr, parseaddr
from typing import Self

from trackmycrime.delivery.letters import Letter

_ADDRESS = re.compile(r"[!-~]+@[!-~]+")
_SPECIAL = re.compile(r'[\s<>()\[\],;:\\"]')
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LINE = 900


class CannotBeSent(ValueError):
    """The letter cannot be written as a message; the text says why and holds no address."""


def recipient(address: str) -> str:
    """The address as it goes into the envelope; a domain in another script in its ASCII form.

    Raises CannotBeSent for what is no address, and for what only a mailbox in another script would take.
    """
    local, at, domain = address.strip().rpartition("@")
    try:
        plain = (
            f"{local}{at}{domain.encode('idna').decode('ascii')}" if not domain.isascii() else address.strip()
        )
    except UnicodeError:
        raise CannotBeSent("bad-address") from None
    if not _ADDRESS.fullmatch(plain) or _SPECIAL.search(plain):
        raise CannotBeSent("bad-address")
    return plain


@dataclass(frozen=True)
class Sender:
    """Whom our mail is from: read once, because each reading costs as much as a whole message."""

    address: str
    """As it goes into the envelope"""
    line: str
    """As it stands in the message"""

    @classmethod
    def read(cls, sender: str) -> Self:
        """The sender that a setting names, ``Name <address>``."""
        name, address = parseaddr(sender)
        return cls(address, formataddr((name, address), "utf-8"))


def compose(letter: Letter, *, sender: Sender, to: str, at: datetime) -> bytes:
    """The message from `sender` to `to` (see `recipient`), with CRLF line ends.

    Raises CannotBeSent when the subject holds a line break or another control character.
    """
    body = letter.body.replace("\r\n", "\n").replace("\r", "\n").strip("\n") + "\n"
    plain = body.isascii() and all(len(line) <= _LINE for line in body.split("\n"))
    headers = (
        ("From", sender.line),
        ("To", to),
        ("Subject", _subject(letter.subject or "")),
        ("Date", format_datetime(at)),
        ("Message-ID", f"<{letter.id}@{sender.address.rpartition('@')[2]}>"),
        # RFC 3834: so that no holiday answer comes back
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("Content-Language", letter.language.replace("+", ", ")),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'text/plain; charset="{"us-ascii" if plain else "utf-8"}"'),
        ("Content-Transfer-Encoding", "7bit" if plain else "quoted-printable"),
    )
    head = "".join(f"{field}: {value}\r\n" for field, value in headers)
    if plain:
        text = body.replace("\n", "\r\n")
    else:
        # the encoder takes a str whose characters are the bytes
        text = email.quoprimime.body_encode(body.encode().decode("latin-1"), eol="\r\n")
    return f"{head}\r\n{text}".encode("ascii")


def _subject(text: str) -> str:
    if _CONTROL.search(text):
        raise CannotBeSent("bad-subject")
    return (
        text
        if text.isascii() and len(text) < _LINE
        else email.header.Header(text, "utf-8").encode(linesep="\r\n")
    )
