"""Reading what came by mail, whatever it is: nothing in it may raise, take long, or be kept. Pure: no Django, no clock.

Only the beginning is read. Reports and what they return are short; what is long is a person's attachment.
"""

import email
import email.policy
import email.utils
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message

PART = 64 * 1024
"""Bytes of a mail that are read"""
_DEEPEST = 20


def opened(raw: bytes) -> Message:
    """The mail's headers and parts; of one that cannot be read as parts its headers alone."""
    part = raw[:PART]
    try:
        return email.message_from_bytes(part, policy=email.policy.compat32)
    except Exception:  # mail from anybody: its nesting may be deeper than Python goes
        head = part.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
        try:
            return email.message_from_bytes(head + b"\n\n", policy=email.policy.compat32)
        except Exception:
            return Message()


def header(message: Message, name: str) -> str:
    """A header's text on one line; empty where there is none."""
    try:
        return " ".join(str(message.get(name, "")).split())[:998]
    except Exception:
        return ""


def kind(message: Message) -> str:
    """The content's type, like ``multipart/report``."""
    try:
        return message.get_content_type()
    except Exception:
        return "text/plain"


def report_type(message: Message) -> str:
    """Of a ``multipart/report``, what it reports; else empty."""
    try:
        said = message.get_param("report-type", "") if kind(message) == "multipart/report" else ""
    except Exception:
        said = ""
    return said.casefold() if isinstance(said, str) else ""


def parts(message: Message, deep: int = 0) -> Iterator[Message]:
    """The mail and all that is in it, but for what lies too deep to be of any mail system."""
    yield message
    inside = message.get_payload()
    if isinstance(inside, list) and deep < _DEEPEST:
        for each in inside:
            if isinstance(each, Message):
                yield from parts(each, deep + 1)


def content(message: Message) -> bytes:
    """A part's own bytes, decoded; empty where they cannot be."""
    try:
        found = message.get_payload(decode=True)
    except Exception:
        return b""
    return found if isinstance(found, bytes) else b""


def address(text: str) -> str:
    """The bare address in a header or an envelope, in small letters."""
    try:
        return email.utils.parseaddr(text)[1].casefold()
    except Exception:
        return ""


def moment(text: str, *, now: datetime) -> datetime:
    """A header's moment; `now` where it says none, or one that is not over yet."""
    try:
        said = email.utils.parsedate_to_datetime(text)
        said = said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    except Exception:
        return now
    return min(said, now)
