"""Answering whoever replied to an automatic letter: nobody has read it, and where to write instead.

The answer goes to the victim to whom the letter went, by the same address, and only where that is (still) safe: safe
contact is obeyed as for everything else, here and again just before it goes out (`looking`).
"""

from datetime import datetime, timedelta
from uuid import UUID

from trackmycrime.delivery.api import Letter, Stop, Verdict, Wait, neutral, prepare
from trackmycrime.delivery.replies import Answered
from trackmycrime.kernel import setwise

from . import words
from .reading import Person, people
from .rules import allow
from .writing import in_words, letter, portal_address

PURPOSE = "reply"
"""What such a letter is for; its owner is the victim."""
_WORDS, _NEUTRAL = "alert.reply", "alert.reply.disguise"
GIVE_UP_AFTER = timedelta(hours=24)
"""An answer that comes later than that answers nothing any more."""


def answer(asked: Answered, *, now: datetime) -> str:
    """Prepare the answer to a mail that came back to this letter, in the caller's transaction.

    Returns why it is not answered, or an empty word when it is: ``no safe way``, ``address changed``, ``not now``…
    """
    victim_id = _victim(asked)
    person = people([victim_id]).get(victim_id) if victim_id else None
    if person is None or person.force != asked.force:
        return "not live"
    give_up_at = now + GIVE_UP_AFTER
    verdict = _verdict(person, asked.address_hash, now, give_up_at)
    if isinstance(verdict, Stop):
        return verdict.reason
    due_at = verdict.until if isinstance(verdict, Wait) else now
    said = _words(person, asked.disguised)
    written = letter(person.id, PURPOSE, person, "email", said, due_at=due_at, give_up_at=give_up_at)
    prepare([written._replace(disguised=_neutral(person, asked.disguised))], now=now)
    return ""


def look_again(sent: Letter, person: Person | None, now: datetime) -> Verdict | None:
    """Whether an answer, about to be sent, must stop or wait."""
    if person is None or person.force != sent.force:
        return Stop("not live")
    if person.contact.disguise and not sent.disguised:
        return Stop("disguise")
    return _verdict(person, sent.address_hash, now, sent.give_up_at)


def _verdict(person: Person, address_hash: bytes, now: datetime, give_up_at: datetime) -> Verdict | None:
    decision = allow(person.contact, "email", now=now, neutral=neutral())
    if decision.how != "machine" or decision.at is None:
        return Stop(decision.reason)
    if person.contact.addresses.get("email") != address_hash:
        return Stop("address changed")
    if decision.at <= now:
        return None
    return Wait(decision.at) if decision.at < give_up_at else Stop("not now")


def _neutral(person: Person, disguised: bool) -> bool:
    return disguised or person.contact.disguise


def _words(person: Person, disguised: bool) -> words.Frozen:
    if _neutral(person, disguised):
        return in_words(person, _NEUTRAL, "email")
    return in_words(person, _WORDS, "email", address=portal_address())


def _victim(asked: Answered) -> UUID | None:
    """To whom the letter went: an answer's owner is the victim, every other mail's an alert."""
    if asked.purpose == PURPOSE:
        return asked.owner_id
    rows = setwise.fetch(
        "select victim_id from alerts_alert where id = %s and force_id = %s", [asked.owner_id, asked.force]
    )
    return rows[0]["victim_id"] if rows else None
