"""Who wrote back: a person, a machine in their name, or somebody who wants no more (RFC 3834)."""

from uuid import UUID

import pytest

from tests.support import hostile
from trackmycrime.delivery.channels.smtp import replies
from trackmycrime.delivery.channels.smtp.returning import Returning

from .reports import HOLIDAY, REPLY, mail

ID = UUID("01939f5a-0000-7000-8000-00000000abcd")
RETURNING = Returning.read("bounce@mail.example.org", b"k" * 32)
BACK = RETURNING.address(ID)
PERSON = "rhian.pritchard@example.org"


def read(raw: bytes, sender: str | None = PERSON, rcpt: str = BACK) -> replies.Reply | None:
    return replies.read(raw, rcpt, returning=RETURNING, sender=sender)


def kind(raw: bytes, sender: str | None = PERSON) -> str:
    found = read(raw, sender)
    assert found is not None
    return found.kind


def test_a_person_who_replies() -> None:
    found = read(mail(REPLY, BACK))
    assert found is not None
    assert (found.letter, found.kind, found.senders) == (ID, "reply", {PERSON})
    assert "rhian" not in repr(found)
    assert read(mail(REPLY, BACK), "SRS0=x@forward.example.net").senders == {
        PERSON,
        "srs0=x@forward.example.net",
    }  # type: ignore[union-attr]


def test_what_came_to_no_letter_answers_none() -> None:
    raw = mail(REPLY, BACK).replace(f"<{ID}@".encode(), b"<another-programs@")
    for rcpt in ("bounce@mail.example.org", "no-reply@trackmycrime.example", BACK.replace("+0", "+1"), ""):
        assert read(raw, rcpt=rcpt) is None


def test_a_mail_program_that_passes_over_reply_to_still_names_the_letter() -> None:
    found = read(mail(REPLY, BACK), rcpt="no-reply@trackmycrime.example")
    assert found is not None
    assert (found.letter, found.keyed, found.kind) == (ID, False, "reply")
    own = read(mail(REPLY, BACK))
    assert own is not None
    assert own.keyed


def test_a_mail_that_is_handed_over_again_has_the_same_key() -> None:
    first, second = read(mail(REPLY, BACK)), read(b"Received: by relay\r\n" + mail(REPLY, BACK))
    assert first is not None
    assert second is not None
    assert first.key == second.key
    other = read(mail(REPLY, BACK).replace(b"reply-1", b"reply-2"))
    assert other is not None
    assert other.key != first.key
    bare = mail(REPLY, BACK).replace(b"Message-ID: <reply-1@example.org>\r\n", b"")
    assert len({each.key for each in (read(bare), read(bare + b"more")) if each}) == 2


@pytest.mark.parametrize(
    "line",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; owner-email=x",
        "Auto-Submitted: something-new",
        "Precedence: bulk",
        "Precedence: junk",
        "Precedence: auto_reply",
        "List-Id: <list.example.org>",
        "List-Unsubscribe: <mailto:x@example.org>",
        "X-Auto-Response-Suppress: All",
        "X-Autoreply: yes",
        "X-Autorespond: yes",
        "X-Loop: x",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
    ],
)
def test_a_machine_is_known_by_its_headers(line: str) -> None:
    assert kind(line.encode() + b"\r\n" + mail(REPLY, BACK)) == "automatic"


def test_a_person_who_says_so_is_one() -> None:
    assert kind(b"Auto-Submitted: no\r\nPrecedence: first-class\r\n" + mail(REPLY, BACK)) == "reply"


@pytest.mark.parametrize(
    "subject", ["Automatic reply: x", "Out of Office: x", "AUTO: away", "Ateb awtomatig: x"]
)
def test_a_holiday_answer_without_any_header(subject: str) -> None:
    raw = mail(HOLIDAY, BACK).replace(b"Auto-Submitted: auto-replied\r\n", b"")
    assert kind(raw.replace(b"Automatic reply: You have an update", subject.encode())) == "automatic"


def test_the_null_path_is_a_machine() -> None:
    for sender in ("", "<>"):
        assert kind(mail(REPLY, BACK), sender) == "automatic"
    assert kind(b"Return-Path: <>\r\n" + mail(REPLY, BACK), None) == "automatic"
    assert kind(mail(REPLY, BACK), None) == "reply", "not known is not null"


@pytest.mark.parametrize(
    "sender",
    ["MAILER-DAEMON@example.org", "MAILER-DAEMON", "postmaster@example.org", "no-reply@example.org",
     "noreply+1@example.org", "owner-list@example.org", "list-request@example.org", "list-bounces@example.org", BACK,
     "bounce@mail.example.org"],
)  # fmt: skip
def test_nobody_to_answer(sender: str) -> None:
    raw = mail(REPLY, BACK)
    assert kind(raw, sender) == "automatic"
    assert kind(raw.replace(PERSON.encode(), sender.encode())) == "automatic"


def test_our_own_answer_is_never_answered() -> None:
    raw = mail(REPLY, BACK).replace(PERSON.encode(), b"no-reply@trackmycrime.example")
    assert kind(b"Auto-Submitted: auto-replied\r\n" + raw, RETURNING.address(ID)) == "automatic"


@pytest.mark.parametrize("subject", ["unsubscribe", "Unsubscribe", "STOP"])
def test_no_more_by_mail(subject: str) -> None:
    raw = mail(REPLY, BACK).replace(b"Re: You have an update", subject.encode())
    assert kind(raw) == "unsubscribe"
    assert kind(raw, "<>") == "automatic", "a bounce of such a mail says nothing"


def test_naughty_headers_break_nothing() -> None:
    for word in hostile.words():
        for name in (b"From: ", b"Subject: ", b"Message-ID: "):
            raw = mail(REPLY, BACK)
            start = raw.index(name) + len(name)
            found = read(
                raw[:start] + word.encode("utf-8", "surrogatepass") + raw[raw.index(b"\r\n", start) :], None
            )
            assert found is None or found.kind in ("reply", "automatic", "unsubscribe")
