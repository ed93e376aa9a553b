"""Sending the code by which somebody signs in: only by a way that is safe for everybody whose case the account opens.

It opens cases, so it is stricter than an alert: never in disguise, never to an address that belongs to a part of
another account too, and never where the parts of this one have different addresses. Where there is no such way nothing
is sent, and nothing says so: whoever asks may not be them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Protocol
from uuid import UUID

from trackmycrime.delivery.api import Letter, Stop, Verdict, prepare
from trackmycrime.kernel import setwise

from . import new_email, words
from .reading import Person, people
from .rules import is_safe, next_safe, no_machine
from .writing import in_words, letter

_PARTS = """
select id, account_id from people_victim where account_id = any(%s) and live order by joined_at, id
"""
_SHARED = """
select t.h from (
  select email_hash as h, account_id from people_victim where live and account_id is not null and email_hash = any(%s)
  union all
  select mobile_hash, account_id from people_victim where live and account_id is not null and mobile_hash = any(%s)
) t group by t.h having count(distinct t.account_id) > 1
"""
_ASKED = """
select id, account_id, new_email_hash from people_sign_in_code
where id = any(%s) and account_id is not null and used_at is null and expires_at > %s
"""


class Wanted(Protocol):
    """What `people` gives of one code that it has made."""

    @property
    def id(self) -> UUID: ...
    @property
    def account_id(self) -> UUID: ...
    @property
    def way(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...


def send_sign_in_codes(wanted: Sequence[Wanted], *, now: datetime) -> int:
    """Send these codes, each by the way that was asked for, if that is safe; says how many. Four statements."""
    parts = _parts({one.account_id for one in wanted})
    shared = _shared(parts)
    letters = []
    for one in wanted:
        person = speaker(parts[one.account_id], one.way, shared, now)
        if person is None:
            continue
        said = in_words(person, words.CODE, one.way, code=one.code)
        letters.append(letter(one.id, "code", person, one.way, said, due_at=now, give_up_at=one.expires_at))
    prepare(letters, now=now)
    return len(letters)


def ours(letters: Sequence[Letter]) -> set[UUID]:
    """Which of these letters hold a code of this kind, and not one for joining."""
    owners = [each.owner_id for each in letters if each.purpose == "code"]
    if not owners:
        return set()
    rows = setwise.fetch("select id from people_sign_in_code where id = any(%s)", [owners])
    known = {row["id"] for row in rows}
    return {each.id for each in letters if each.owner_id in known}


def look_again(letters: Sequence[Letter], now: datetime) -> dict[UUID, Verdict]:
    """Which of these codes, about to be sent, must not be any more."""
    if not letters:
        return {}
    rows = setwise.fetch(_ASKED, [[each.owner_id for each in letters], now])
    asked = {row["id"]: row["account_id"] for row in rows if row["new_email_hash"] is None}
    verdicts: dict[UUID, Verdict] = new_email.look_again(
        letters, {row["id"]: row["account_id"] for row in rows if row["id"] not in asked}, now
    )
    letters = [each for each in letters if each.owner_id not in {row["id"] for row in rows} - asked.keys()]
    parts = _parts(set(asked.values()))
    shared = _shared(parts)
    for each in letters:
        account = asked.get(each.owner_id)
        person = speaker(parts[account], each.channel, shared, now) if account else None
        if person is None:
            verdicts[each.id] = Stop("no safe way" if account else "code over")
        elif person.contact.addresses.get(each.channel) != each.address_hash:
            verdicts[each.id] = Stop("address changed")
    return verdicts


def speaker(parts: Sequence[Person], channel: str, shared: Set[bytes], now: datetime) -> Person | None:
    """Of an account's parts in crimes the one by whose address a code goes at this moment, or None.

    `shared`: the hashes of addresses that belong to parts of more than one account.
    """
    if any(
        person.contact.disguise
        or no_machine(person.contact)
        or not is_safe(person.contact, channel)
        or next_safe(person.contact, now) > now
        for person in parts
    ):
        return None
    having = [person for person in parts if channel in person.contact.addresses]
    addresses = {person.contact.addresses[channel] for person in having}
    blocked = frozenset[bytes]().union(*(person.contact.blocked for person in parts))
    return having[0] if len(addresses) == 1 and not addresses & (blocked | shared) else None


def _parts(accounts: Iterable[UUID]) -> dict[UUID, list[Person]]:
    rows = setwise.fetch(_PARTS, [list(accounts)])
    known = people([row["id"] for row in rows])
    parts: dict[UUID, list[Person]] = defaultdict(list)
    for row in rows:
        if row["id"] in known:
            parts[row["account_id"]].append(known[row["id"]])
    return parts


def _shared(parts: Mapping[UUID, Sequence[Person]]) -> frozenset[bytes]:
    """Of the addresses of these parts, those of more than one account."""
    hashes = {
        found
        for several in parts.values()
        for person in several
        for found in person.contact.addresses.values()
    }
    rows = setwise.fetch(_SHARED, [list(hashes), list(hashes)]) if hashes else []
    return frozenset(bytes(row["h"]) for row in rows)
