"""With a real Postfix between us and the world, set up as docs/mail.md says: what it makes of letters that fail."""

import smtplib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from trackmycrime.delivery import providers
from trackmycrime.delivery.channels.smtp import SmtpChannel, replies, reports
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.ids import new_id
from trackmycrime.ops.mailroom import Mailroom

from . import postfix
from .counterparts import mail_server
from .letters import letter
from .reports import REPLY, mail

pytestmark = [
    pytest.mark.processes,
    pytest.mark.postfix,
]
PERSON = "rhian.pritchard@example.org"


@pytest.fixture(autouse=True)
def with_return(settings: Any) -> None:
    settings.TMC_EMAIL_FROM = "TrackMyCrime <no-reply@trackmycrime.example>"
    settings.TMC_EMAIL_FROM_NEUTRAL = "Post <post@letters.example.net>"
    settings.TMC_EMAIL_RETURN = "bounce@mail.example.org"
    settings.TMC_PORTAL_URL = "https://my.example.org"


class Taken:
    """Mails as they came in; a test waits for them. The first ones are refused as `failing` says."""

    def __init__(self, failing: int = 0) -> None:
        self.mails: list[tuple[bytes, str | None, tuple[str, ...]]] = []
        self.refused = 0
        self._failing, self._came = failing, threading.Condition()

    def __call__(self, content: bytes, sender: str | None, recipients: Sequence[str]) -> None:
        with self._came:
            if self.refused < self._failing:
                self.refused += 1
                raise ConnectionError("the database is away")
            self.mails.append((content, sender, tuple(recipients)))
            self._came.notify_all()

    def wait(self, many: int, again: Callable[[], None], seconds: float = 40.0) -> None:
        """Until so many have come; `again` has the relay try what waits."""
        until = time.monotonic() + seconds
        with self._came:
            while len(self.mails) < many:
                assert time.monotonic() < until, f"{len(self.mails)} mails came"
                if not self._came.wait(2.0):
                    again()


def test_letters_that_fail_beyond_the_relay_come_back_as_receipts_and_replies_as_replies() -> None:
    """What Postfix writes is read; what we cannot take now, it hands over again; what is not ours it refuses itself."""
    taken = Taken(failing=1)
    returning = providers.returning()
    assert returning is not None
    room = Mailroom("127.0.0.1:0", take=taken)
    room.start()
    with mail_server() as world:
        world.rules["RCPT"] = lambda to: "550 5.1.1 <rhian@example.org> unknown" if "gone" in to else None
        routes = {"example.org": f"smtp:[127.0.0.1]:{world.port}"}
        ours = f"lmtp:inet:127.0.0.1:{room.port}"
        routes |= {"mail.example.org": ours, "letters.example.net": ours}
        with postfix.relay(routes) as relay:
            channel = SmtpChannel(relay.url, providers.letterhead())
            good, gone = letter(), letter(address="gone@example.org")
            hidden = letter(address="gone.too@example.org", disguised=True)
            assert [channel.send(each).result for each in (good, gone, hidden)] == ["accepted"] * 3
            taken.wait(2, relay.now)
            assert taken.refused == 1, "the first try was refused for now, and nothing was lost"
            found = {
                receipt.dispatch: (receipt.result, receipt.answer)
                for content, sender, (rcpt,) in taken.mails
                for receipt in reports.read(content, rcpt, returning=returning, now=utc_now(), sender=sender)
            }
            assert found == {gone.id: ("failed", "5.1.1"), hidden.id: ("failed", "5.1.1")}
            assert [sender for _, sender, _ in taken.mails] == ["<>", "<>"]

            # the mail as it arrived, behind the relay
            (arrived,) = world.mails
            assert returning.letter(arrived.sender) == good.id
            back = arrived.message["Reply-To"]
            assert arrived.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

            # a person replies: by way of the same relay
            with smtplib.SMTP("127.0.0.1", relay.port, timeout=10) as theirs:
                theirs.sendmail(PERSON, [back], mail(REPLY, back))
                for wrong in (returning.address(new_id()).replace(".", "x", 1), "anybody@mail.example.org"):
                    with pytest.raises(smtplib.SMTPRecipientsRefused):
                        theirs.sendmail(PERSON, [wrong], b"Subject: x\r\n\r\nx\r\n")
            taken.wait(3, relay.now)
            content, sender, (rcpt,) = taken.mails[2]
            reply = replies.read(content, rcpt, returning=returning, sender=sender)
            assert reply is not None
            assert (reply.letter, reply.kind, reply.senders) == (good.id, "reply", {PERSON})
            channel.close()
    room.stop()
    room.join(5.0)
