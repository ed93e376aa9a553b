"""One letter as the bytes of an Internet message (RFC 5322): plain text, nothing to track, nothing to inject."""

import email.header
import email.quoprimime
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, formataddr, parseaddr
from typing import Self
from uuid import UUID

from trackmycrime.delivery.letters import Letter

from .returning import Returning

_ADDRESS = re.compile(r"[!-~]+@[!-~]+")
_SPECIAL = re.compile(r'[\s<>()\[\],;:\\"]')
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LINE = 900
_WORD = 75


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
    domain: str

    @classmethod
    def read(cls, sender: str, called: str = "sender") -> Self:
        """The sender that a setting names, ``Name <address>``. Raises ValueError for one that is none."""
        name, said = parseaddr(sender)
        try:
            address = recipient(said)
        except CannotBeSent:
            raise ValueError(f"the {called} is like Post <post@example.org>") from None
        line = formataddr((name, address)) if name.isascii() else f"{_encoded('From', name)}\r\n <{address}>"
        return cls(address, line, address.rpartition("@")[2])


@dataclass(frozen=True)
class Letterhead:
    """What stands on every mail besides its words."""

    sender: Sender
    neutral: Sender | None = None
    """Whom a disguised letter is from; nothing of `sender` is in it"""
    returning: Returning | None = None
    """The letters' own return addresses; without them mail comes back to the sender"""
    one_click: Callable[[UUID], str] | None = None
    """The https address at which the receiver of a letter says «no more» (RFC 8058)"""

    @classmethod
    def read(
        cls,
        sender: str,
        neutral: str = "",
        *,
        returning: Returning | None = None,
        one_click: Callable[[UUID], str] | None = None,
    ) -> Self:
        """By the senders that settings name, ``Name <address>``. Raises ValueError that says which of them is none."""
        hiding = Sender.read(neutral, "neutral sender") if neutral else None
        return cls(Sender.read(sender), hiding, returning, one_click)

    def of(self, letter: Letter) -> tuple[Sender, str]:
        """Whom this letter is from, and the address to which it comes back. Raises CannotBeSent for a disguised one
        where there is no neutral sender: it must not go out under the other."""
        sender = self.neutral if letter.disguised else self.sender
        if sender is None:
            raise CannotBeSent("no-neutral-sender")
        if self.returning is None:
            return sender, sender.address
        return sender, self.returning.address(letter.id, sender.domain if letter.disguised else "")

    def takes(self, address: str) -> bool:
        """Whether mail to this address is for us: a letter's own, the one that they are made of, or a sender's."""
        if self.returning and (self.returning.letter(address) or self.returning.is_base(address)):
            return True
        senders = {each.address.casefold() for each in (self.sender, self.neutral) if each}
        return address.strip().strip("<>").casefold() in senders


def compose(letter: Letter, *, head: Letterhead, to: str, at: datetime) -> tuple[str, bytes]:
    """The envelope's sender and the message to `to` (see `recipient`), with CRLF line ends.

    Raises CannotBeSent when the subject holds a line break or another control character, and as `Letterhead.of`.
    """
    sender, back = head.of(letter)
    body = letter.body.replace("\r\n", "\n").replace("\r", "\n").strip("\n") + "\n"
    plain = body.isascii() and all(len(line) <= _LINE for line in body.split("\n"))
    headers = [
        ("From", sender.line),
        ("To", to),
        ("Subject", _subject(letter.subject or "")),
        ("Date", format_datetime(at)),
        ("Message-ID", f"<{letter.id}@{sender.domain}>"),
        # RFC 3834: so that no holiday answer comes back
        ("Auto-Submitted", "auto-replied" if letter.purpose == "reply" else "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("Content-Language", letter.language.replace("+", ", ")),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'text/plain; charset="{"us-ascii" if plain else "utf-8"}"'),
        ("Content-Transfer-Encoding", "7bit" if plain else "quoted-printable"),
    ]
    if head.returning is not None:
        headers.append(("Reply-To", f"<{back}>"))
    if letter.purpose == "alert":
        headers += _unsubscribing(letter, head, back)
    lines = "".join(f"{field}: {value}\r\n" for field, value in headers)
    if plain:
        text = body.replace("\n", "\r\n")
    else:
        # the encoder takes a str whose characters are the bytes
        text = email.quoprimime.body_encode(body.encode().decode("latin-1"), eol="\r\n")
    return back, f"{lines}\r\n{text}".encode("ascii")


def _unsubscribing(letter: Letter, head: Letterhead, back: str) -> list[tuple[str, str]]:
    """How the receiver says «no more»: at one click (RFC 8058), or by a mail. The page bears the portal's name, so a
    disguised letter names only the mail."""
    ways = []
    if head.one_click is not None and not letter.disguised:
        ways.append(f"<{head.one_click(letter.id)}>")
    if head.returning is not None:
        ways.append(f"<mailto:{back}?subject=unsubscribe>")
    if not ways:
        return []
    found = [("List-Unsubscribe", ",\r\n ".join(ways))]
    if ways[0].startswith("<https:"):
        found.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return found


def _subject(text: str) -> str:
    if _CONTROL.search(text):
        raise CannotBeSent("bad-subject")
    return text if text.isascii() and len(text) < _LINE else _encoded("Subject", text)


def _encoded(field: str, text: str) -> str:
    """Text of any language as a header has it (RFC 2047): words of at most 75 characters, one on a line."""
    return email.header.Header(text, "utf-8", _WORD, field).encode(linesep="\r\n")
