"""Signing in with another email address: the code that goes to the new one, and who is told when it is so.

It goes to the new address where email is safe, at this hour, for every part that the account has, and only where a
route can be told of it: the address that is left, unless its owner says that it is not safe, and another one that is on
file, is no phone, was not changed here lately, and is neither of the two. Never with the new one in it. Where there is
no such route no code goes, so nothing is changed: an officer can let them in again with another email.

Who only helps has no contact details here: the address that is left is told, in the name of the force of their access.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from trackmycrime.delivery import addresses
from trackmycrime.delivery.api import Letter, Stop, Verdict, prepare
from trackmycrime.kernel import setwise
from trackmycrime.kernel.ids import new_id
from trackmycrime.people.models import SignIn
from trackmycrime.people.once import NewEmail, Wanted
from trackmycrime.people.own_addresses import COLUMN, changed_lately
from trackmycrime.people.sessions import own
from trackmycrime.publish import own_words
from trackmycrime.publish.wording import Own

from . import signins, words
from .codes import why_not
from .news import News
from .reading import Person
from .rules import next_safe
from .writing import GIVE_UP_AFTER, SIGN_IN, Decisions, portal_address

LEFT = "alert.email_left"
Part = tuple[Person, UUID | None]
_NOTHING = b"\0" * 32

# Of whoever has no part of their own: the force of an access or of an organisation that they work for.
_HELPING = """
select t.account_id, min(t.force_id) as force_id from (
  select account_id, force_id from people_access where account_id = any(%s) and ended_at is null and until > %s
  union all select account_id, force_id from people_member where account_id = any(%s) and ended_at is null) t
group by t.account_id
"""
_ASKED = """
select id, new_email_hash, left_hash, left_is_safe from people_sign_in_code
where id = any(%s) and used_at is null and expires_at > %s
"""


def send_new_email_codes(wanted: Sequence[Wanted], *, now: datetime) -> int:
    """Send these codes to the addresses that are to be signed in with, where that is safe; says how many (worker)."""
    accounts = {one.account_id for one in wanted}
    parts = signins.parts_of(accounts, now) if accounts else {}
    forces = _forces(accounts, parts, now)
    letters = []
    for one in wanted:
        to, force = one.new_email, forces.get(one.account_id)
        if to is None or force is None or _refused(parts.get(one.account_id, []), to, now):
            continue
        said = words.frozen(words.CODE, "email", to.language, _own(force), code=one.code)
        disguised = _disguised(parts.get(one.account_id, []))
        going = _letter(force, "code", one.id, to.value, to.hash, said, disguised=disguised, due_at=now)
        letters.append(going._replace(give_up_at=one.expires_at))
    prepare(letters, now=now)
    return len(letters)


def look_again(letters: Sequence[Letter], whose: Mapping[UUID, UUID], now: datetime) -> dict[UUID, Verdict]:
    """Which of these letters, about to be sent, hold such a code that must not be any more. `whose`: the accounts."""
    asked = [each for each in letters if each.owner_id in whose]
    if not asked:
        return {}
    rows = {row["id"]: row for row in setwise.fetch(_ASKED, [list(whose), now])}
    parts = signins.parts_of(set(whose.values()), now)
    verdicts: dict[UUID, Verdict] = {}
    for each in asked:
        row, mine = rows.get(each.owner_id), parts.get(whose[each.owner_id], [])
        if row is None:
            verdicts[each.id] = Stop("code over")
            continue
        to = NewEmail("", bytes(row["new_email_hash"]), bytes(row["left_hash"]), row["left_is_safe"], "")
        if _refused(mine, to, now) or _disguised(mine) != each.disguised:
            verdicts[each.id] = Stop("no safe way")
    return verdicts


def tell_of_new_emails(changed: Sequence[SignIn], *, now: datetime) -> dict[UUID, str]:
    """Tell that these accounts are signed in to with another email since now. Says of each by which channels."""
    accounts = {one.account_id for one in changed}
    parts = signins.parts_of(accounts, now) if accounts else {}
    forces = _forces(accounts, parts, now)
    said: dict[UUID, str] = {}
    for one in changed:
        mine, told = parts.get(one.account_id, []), []
        left, new = (bytes.fromhex(one.detail[name]) for name in ("left_hash", "new_hash"))
        if one.detail["left"] and (force := forces.get(one.account_id)) is not None:
            told += _tell_left(one, mine, force, left, now)
        if (speaker := _other(mine, {left, new}, now)) is not None:
            writing = Decisions(speaker.person.force, now)
            news = News(speaker.person.id, speaker.case_id, f"sign-in:{one.id}", 0, _NOTHING, SIGN_IN)
            signins.add(writing, speaker, SIGN_IN, [news], None)
            writing.store()
            told.append(speaker.channel)
        said[one.id] = "+".join(told) or "no safe way"
    return said


def still_to_go(letters: Sequence[Letter], now: datetime) -> set[UUID]:
    """The owners of those of these letters that tell an address that it was left, and may still."""
    owners = [each.owner_id for each in letters]
    if not owners:
        return set()
    found = {one.id: one for one in SignIn.objects.filter(id__in=owners, how=own.EMAIL)}
    if not found:
        return set()
    parts = signins.parts_of({one.account_id for one in found.values()}, now)
    return {
        each.owner_id
        for each in letters
        if each.owner_id in found
        and not why_not(
            people := _people(parts.get(found[each.owner_id].account_id, [])), "email", each.address_hash, now
        )
        and any(person.contact.disguise for person in people) == each.disguised
    }


def _tell_left(one: SignIn, parts: Sequence[Part], force: int, left: bytes, now: datetime) -> list[str]:
    at = max((next_safe(person.contact, now) for person in _people(parts)), default=now)
    if why_not(_people(parts), "email", left, at) or addresses.lost_among(force, [left]):
        return []
    disguised = _disguised(parts)
    address = {} if disguised else {"address": portal_address()}
    kind = f"{LEFT}.disguise" if disguised else LEFT
    said = words.frozen(kind, "email", one.detail["language"], _own(force), **address)
    prepare(
        [_letter(force, "alert", one.id, one.detail["left"], left, said, disguised=disguised, due_at=at)],
        now=now,
    )
    return ["email"]


def _refused(parts: Sequence[Part], to: NewEmail, now: datetime) -> str:
    """Why no code may go to this address; empty when it may."""
    if reason := why_not(_people(parts), "email", to.hash, now):
        return reason
    if to.left_is_safe:
        return ""  # it is an email address, and email is safe
    return "" if _other(parts, {to.hash, to.left_hash}, now) else "no other way"


def _other(parts: Sequence[Part], but: Iterable[bytes], now: datetime) -> signins.Speaker | None:
    """The route on file by which the change is told, besides the address that is left."""
    lately = {
        channel for channels in changed_lately([person.id for person in _people(parts)], now=now).values()
        for channel in channels
    }  # fmt: skip
    for way in signins.open_ways(parts, _people(parts), now):
        if way.channel not in COLUMN or way.channel in lately:
            continue
        if way.person.contact.addresses[way.channel] not in but:
            return way
    return None


def _people(parts: Iterable[Part]) -> list[Person]:
    return [person for person, _ in parts]


def _disguised(parts: Iterable[Part]) -> bool:
    return any(person.contact.disguise for person in _people(parts))


def _forces(accounts: Iterable[UUID], parts: Mapping[UUID, Sequence[Part]], now: datetime) -> dict[UUID, int]:
    """In the name of which force these accounts are written to."""
    found = {account: mine[0][0].force for account, mine in parts.items() if mine}
    others = [account for account in accounts if account not in found]
    rows = setwise.fetch(_HELPING, [others, now, others]) if others else []
    return {**{row["account_id"]: row["force_id"] for row in rows}, **found}


def _own(force: int) -> Own:
    (row,) = setwise.fetch("select words_revision from forces_force where id = %s", [force])
    return own_words.of(force, row["words_revision"])


def _letter(
    force: int, purpose: str, owner: UUID, address: str, hashed: bytes, said: words.Frozen, *, disguised: bool,
    due_at: datetime,
) -> Letter:  # fmt: skip
    return Letter(
        id=new_id(), force=force, purpose=purpose, owner_id=owner, channel="email", address=address,
        address_hash=hashed, subject=said.subject, body=said.body, language=said.language, words=said.words,
        disguised=disguised, due_at=due_at, give_up_at=due_at + GIVE_UP_AFTER,
    )  # fmt: skip
