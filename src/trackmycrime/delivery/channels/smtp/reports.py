"""What mail systems say of a letter afterwards: delivery reports (RFC 3464), complaints (RFC 5965), and bounces of no
form at all. Pure: no Django, no clock.

Whose letter it is, the return address says to which it came (`returning`); where it came to another one, the keyed
address must stand in the letter that it returns. A report without either is nobody's, and not believed.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from email.message import Message
from uuid import UUID

from trackmycrime.delivery.letters import Receipt

from .reading import address, content, header, kind, moment, opened, parts, report_type
from .returning import Returning

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?:^|[\s:(<>])([45][0-5]\d)(?=[ -]\D|$)", re.MULTILINE)
_DAEMON = re.compile(r"(?:mailer-?daemon|post-?master|mail-?daemon|mdaemon)\b", re.IGNORECASE)
_BOUNCED = re.compile(
    r"undeliver|unzustellbar|non remis|returned (?:mail|to sender)|mail delivery"
    r"|delivery (?:has )?(?:status|fail|problem)|failure notice|not delivered|could not be delivered|message blocked",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"\bdelayed\b|\bwarning\b|still being retried|will (?:keep|continue) trying", re.IGNORECASE
)
_STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_PARAGRAPHS = re.compile(r"(?:\r?\n){2,}")
_NO_COMPLAINT = frozenset({"not-spam", "auth-failure", "dmarc"})
_TEXT = 16 * 1024
_WORD = re.compile(r"[a-z-]{1,30}")


def read(
    raw: bytes, rcpt: str, *, returning: Returning, now: datetime, sender: str | None = None
) -> list[Receipt]:
    """What a mail that came to `rcpt` says of a letter; empty when it is no report, or nobody's.

    `sender` is the envelope's (empty: the null path, None: not known). A failure for good is ``failed`` with the
    status that was given; one that was tried for long enough says ``expired`` after it, because the address may be a
    good one; a delay is ``later``. No answer holds an address or a word of the mail.
    """
    message = opened(raw)
    letter = returning.letter(rcpt)
    what = report_type(message)
    inside = {kind(part): part for part in parts(message)}
    if what == "feedback-report" or "message/feedback-report" in inside:
        found = _complaint(inside.get("message/feedback-report"))
    elif what == "delivery-status" or _STATUS_PARTS & inside.keys():
        report = next((inside[name] for name in inside if name in _STATUS_PARTS), None)
        delayed = _DELAYED.search(header(message, "Subject"))
        found = list(_statuses(report)) or [("later", "", "") if delayed else ("failed", "bounced", "")]
    elif letter is not None:
        found = _odd(message, sender)
    else:
        return []
    whose = letter or _inside(raw, message, returning)
    if whose is None:
        return []
    said = header(message, "Date")
    return list(
        dict.fromkeys(
            Receipt("email", whose, "", result, answer, moment(at or said, now=now))  # type: ignore[arg-type]
            for result, answer, at in found
        )
    )


_Found = tuple[str, str, str]
"""Result, answer, and when, as it was written"""


def _inside(raw: bytes, message: Message, returning: Returning) -> UUID | None:
    """The letter whose keyed address stands in what is returned: as it is, or in a part that is encoded."""
    from_parts = (returning.inside(content(part)) for part in parts(message))
    return returning.inside(raw) or next(filter(None, from_parts), None)


def _complaint(report: Message | None) -> list[_Found]:
    fields = next((part for part in parts(report) if part is not report), report) if report else None
    said = header(fields, "Feedback-Type").casefold() if fields is not None else ""
    if said in _NO_COMPLAINT:
        return []
    at = (header(fields, "Arrival-Date") or header(fields, "Received-Date")) if fields is not None else ""
    return [("complained", said if _WORD.fullmatch(said) else "complaint", at)]


def _statuses(report: Message | None) -> Iterator[_Found]:
    """What a delivery report says of each of its recipients; our letters have one."""
    for block in _blocks(report) if report is not None else ():
        action, diagnosis = header(block, "Action").casefold(), header(block, "Diagnostic-Code")
        given = _STATUS.search(header(block, "Status")) or _STATUS.search(diagnosis)
        status = given[1] if given else ""
        if not action and not status:
            continue  # what is said of the report as a whole
        at = header(block, "Last-Attempt-Date")
        if action.startswith("delivered"):
            yield "delivered", status, at
        elif action.startswith("delayed") or (not action and status.startswith("4")):
            yield "later", status, at
        elif action.startswith("failed") or (not action and status.startswith("5")):
            yield "failed", _why(status or _reply(diagnosis)), at


def _blocks(report: Message) -> Iterator[Message]:
    """The report's paragraphs of fields. Those of RFC 6533 Python reads as a message, whose text is the rest."""
    for part in parts(report):
        yield part
        rest = part.get_payload()
        if isinstance(rest, str):
            yield from (
                opened(each.encode("utf-8", "replace")) for each in _PARAGRAPHS.split(rest.strip())[:50]
            )


def _odd(message: Message, sender: str | None) -> list[_Found]:
    """A bounce of no form, at a letter's own address: of Exim by its header, of others by their name and subject. A
    person's reply and a holiday answer are none."""
    subject = header(message, "Subject")
    daemon = bool(_DAEMON.match(address(header(message, "From")) or header(message, "From")))
    exim = bool(header(message, "X-Failed-Recipients"))
    if not (exim or daemon or (sender in ("", "<>") and _BOUNCED.search(subject))):
        return []
    text = next((content(part) for part in parts(message) if kind(part) == "text/plain"), b"")
    words = text[:_TEXT].decode("utf-8", "replace")
    if not exim and _DELAYED.search(subject):
        return [("later", "", "")]
    status = _STATUS.search(words)
    return [("failed", _why(status[1] if status else _reply(words)), "")]


def _reply(text: str) -> str:
    found = _REPLY.search(text)
    return found[1] if found else ""


def _why(status: str) -> str:
    """How a failure for good is written down. A passing status means: tried for long enough."""
    if status.startswith("4"):
        return f"{status} expired"
    return status if status.startswith("5") else "bounced"
