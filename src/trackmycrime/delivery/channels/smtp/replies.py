"""What a person, or a machine in their name, writes back to one of our letters. Pure: no Django, no clock.

Nothing of the text is kept, and nothing of it is read beyond the headers: whose letter it answers is told by the
address to which it came, or by ``In-Reply-To`` where a mail program passed over ``Reply-To``; whether a machine wrote
it by RFC 3834 and by what mail systems do besides.
"""

import hashlib
import re
from dataclasses import dataclass
from email.message import Message
from typing import Literal
from uuid import UUID

from .reading import address, header, kind, opened
from .returning import Returning

Kind = Literal["reply", "automatic", "unsubscribe"]

_BY_MACHINE = (
    "List-Id",
    "List-Unsubscribe",
    "List-Post",
    "Mailing-List",
    "X-Auto-Response-Suppress",
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-Auto-Reply-From",
    "X-Failed-Recipients",
    "X-Loop",
)
_NOBODY = re.compile(
    r"(?:mailer-?daemon|post-?master|no-?reply|do-?not-?reply|owner-.*|.*-owner|.*-request|.*-bounces?|bounces?|listserv"
    r"|majordomo|root|daemon)(?:\+.*)?"
)
_HOLIDAY = re.compile(
    r"^(?:auto(?:matic|mated)?[ -]?(?:reply|response)\b|out of (?:the )?office\b|auto:|ateb awtomatig\b)",
    re.IGNORECASE,
)
_MESSAGE_ID = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^<>@\s]+>", re.IGNORECASE)
_STOP = frozenset({"unsubscribe", "stop", "dad-danysgrifio"})


@dataclass(frozen=True)
class Reply:
    """What came back to a letter. `senders` are the addresses that it says it is from: of the envelope, and its
    header's."""

    letter: UUID
    keyed: bool
    """Whether it came to the letter's own address, which nobody can make up; a Message-ID proves nothing"""
    kind: Kind
    senders: frozenset[str]
    key: bytes
    """The same for a mail that is handed over again"""

    def __repr__(self) -> str:
        return f"<{self.kind} to letter {self.letter}>"


def read(raw: bytes, rcpt: str, *, returning: Returning, sender: str | None = None) -> Reply | None:
    """What answers one of our letters; None for what answers none. Ask `reports.read` first.

    `sender` is the envelope's (empty: the null path, None: not known).
    """
    message = opened(raw)
    keyed = returning.letter(rcpt)
    letter = keyed or _answered(message)
    if letter is None:
        return None
    path = header(message, "Return-Path") if sender is None else sender
    envelope = address(path)
    senders = frozenset(filter(None, (envelope, address(header(message, "From")))))
    nobody = not envelope and (sender is not None or path == "<>")
    found: Kind = "reply"
    subject = header(message, "Subject")
    if nobody or any(returning.letter(each) or returning.is_base(each) for each in senders):
        found = "automatic"
    elif subject.casefold() in _STOP:
        found = "unsubscribe"
    elif _by_machine(message, senders) or _HOLIDAY.match(subject):
        found = "automatic"
    named = header(message, "Message-ID").encode("utf-8", "replace")
    return Reply(letter, keyed is not None, found, senders, hashlib.sha256(named or raw).digest())


def _answered(message: Message) -> UUID | None:
    """The letter whose Message-ID (`message.compose`) it names."""
    found = _MESSAGE_ID.search(header(message, "In-Reply-To"))
    return UUID(found[1]) if found else None


def _by_machine(message: Message, senders: frozenset[str]) -> bool:
    """Whether a machine wrote it: then it is never answered (RFC 3834 section 2)."""
    said = header(message, "Auto-Submitted").casefold()
    if said and said.partition(";")[0].strip() != "no":
        return True
    if header(message, "Precedence").casefold() in ("bulk", "junk", "list", "auto_reply", "auto-reply"):
        return True
    if any(header(message, name) for name in _BY_MACHINE):
        return True
    if kind(message) in ("multipart/report", "message/disposition-notification"):
        return True
    return not senders or any(_NOBODY.fullmatch(each.partition("@")[0]) for each in senders)
