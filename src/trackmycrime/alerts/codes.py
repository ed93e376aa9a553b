"""Looking once more at codes that are about to be sent: may they still go where they are to go?

A code for an invitation, or for a look without an account, goes to an address on file. A code that confirms a new
address goes to that one, which is not on file yet: it may go there where that channel is safe for each part that it is
to change, at this hour.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from trackmycrime.delivery.api import Letter, Stop, Verdict, Wait, neutral, prepare
from trackmycrime.kernel import setwise
from trackmycrime.kernel.ids import new_id
from trackmycrime.people.own_addresses import CodeWanted

from .reading import Person, people
from .rules import allow, is_safe, next_safe, no_machine
from .words import CODE
from .writing import in_words

_LET_IN = """
select i.id, i.victim_id, i.code_expires_at from people_invitation i
where i.id = any(%(ids)s) and i.state in ('open', 'opened')
union all select l.id, l.victim_id, l.expires_at from people_look l
where l.id = any(%(ids)s) and l.code_hash is not null
"""
_CHANGES = """
select c.batch, c.victim_id, c.expires_at from people_address_change c
where c.batch = any(%s) and c.state = 'asked' and c.code_hash is not null
"""


def send_address_code(wanted: CodeWanted, *, now: datetime) -> str:
    """Send this code to the new address. Returns why it is not sent, or an empty word when it goes."""
    parts = list(people(wanted.victims).values())
    if not parts:
        return "not live"
    if reason := why_not(parts, wanted.channel, wanted.value_hash, now):
        return reason
    disguised = any(person.contact.disguise for person in parts)
    said = in_words(parts[0], CODE, wanted.channel, code=wanted.code)
    going = Letter(
        id=new_id(), force=parts[0].force, purpose="code", owner_id=wanted.batch, channel=wanted.channel,
        address=wanted.value, address_hash=wanted.value_hash, subject=said.subject, body=said.body,
        language=said.language, words=said.words, disguised=disguised, due_at=now, give_up_at=wanted.expires_at,
    )  # fmt: skip
    prepare([going], now=now)
    return ""


def why_not(parts: Iterable[Person], channel: str, address_hash: bytes, now: datetime) -> str:
    """Why nothing may go to that address, new for these parts, at this moment; empty when it may."""
    for person in parts:
        contact = person.contact
        if not contact.live:
            return "not live"
        if reason := no_machine(contact, neutral()):
            return reason
        if not is_safe(contact, channel) or (contact.disguise and channel not in neutral()):
            return "no safe way"
        if address_hash in {bytes(one) for one in person.victim.blocked_hashes}:
            return "not for me"
        if next_safe(contact, now) > now:
            return "not now"
    return ""


def look(letters: Sequence[Letter], now: datetime) -> dict[UUID, Verdict]:
    """Which of these codes must not go (now), and why; all others may. A bounded number of statements."""
    if not letters:
        return {}
    owners = [each.owner_id for each in letters]
    lets_in = {row["id"]: row for row in setwise.fetch(_LET_IN, {"ids": owners})}
    changes: dict[UUID, list[Mapping[str, Any]]] = {}
    for row in setwise.fetch(_CHANGES, [owners]):
        changes.setdefault(row["batch"], []).append(row)
    every = [*lets_in.values(), *(row for rows in changes.values() for row in rows)]
    known = people({row["victim_id"] for row in every})
    verdicts: dict[UUID, Verdict] = {}
    for each in letters:
        if each.owner_id in changes:
            verdict = _of_change(each, changes[each.owner_id], known, now)
        else:
            verdict = _to_file(each, lets_in.get(each.owner_id), known, now)
        if verdict is not None:
            verdicts[each.id] = verdict
    return verdicts


def _of_change(
    sent: Letter, rows: Sequence[Mapping[str, Any]], known: Mapping[UUID, Person], now: datetime
) -> Verdict | None:
    parts = [known[row["victim_id"]] for row in rows if row["victim_id"] in known]
    if not parts or rows[0]["expires_at"] <= now:
        return Stop("code over")
    reason = why_not(parts, sent.channel, sent.address_hash, now)
    if any(person.contact.disguise for person in parts) and not sent.disguised:
        reason = reason or "disguise changed"
    return Stop(reason) if reason else None


def _to_file(
    sent: Letter, code: Mapping[str, Any] | None, known: Mapping[UUID, Person], now: datetime
) -> Verdict | None:
    person = known.get(code["victim_id"]) if code else None
    if code is None or person is None or (code["code_expires_at"] and code["code_expires_at"] <= now):
        return Stop("code over")
    decision = allow(person.contact, sent.channel, now=now)
    if decision.how != "machine" or decision.at is None:
        return Stop(decision.reason)
    if person.contact.addresses.get(sent.channel) != sent.address_hash:
        return Stop("address changed")
    if decision.at > now:
        return Wait(decision.at) if decision.at < sent.give_up_at else Stop("not now")
    return None
