"""Telling an account's owner that it was signed in to, by another way than the one that was used for it.

An account may hold several victims, also of several forces: a way is taken only where it is safe for each of them, and
in disguise as soon as one of them asks for it. Quiet hours do not hold it up, for it may not have been they; safe hours
do. Where no way is left nobody is told: the account's own page shows it, and an officer who had to call for each
sign-in would soon call for none. Whom an officer let in again hears it by every way that was not used for that. That
the account was closed is told only by a way that nobody signs in by, and never in disguise: whoever may have seen it
is not told that it was noticed, and its officer calls in any case.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from trackmycrime.delivery.api import NOT_WAITING, neutral, set_up
from trackmycrime.kernel import setwise
from trackmycrime.kernel.ids import new_id
from trackmycrime.people.models import SignIn
from trackmycrime.people.recovering.reopening import LET_IN
from trackmycrime.people.sessions import own

from .news import News
from .reading import OVER, Person, people
from .rules import MACHINE, allow, is_safe, no_machine
from .writing import FROZEN, OF_ACCOUNT, SIGN_IN, Decided, Decisions, alert_words, letter

COLLAPSED = timedelta(minutes=10)
"""One note tells of all sign-ins within so long after the last"""
JOINED = "invitation"
"""How somebody signs in who joins at this moment: who is told then is told there"""
LATELY = timedelta(days=14)
"""A way by which somebody signed in within so long may be read by whoever should not have been there"""
_NOTHING = b"\0" * 32

_VICTIMS = """
select v.id, v.account_id, c.id as case_id from people_victim v
left join publish_case c on c.force_id = v.force_id and c.crime_id = v.crime_id and c.open
  and (c.readable_until is null or c.readable_until > %s)
where v.account_id = any(%s) and v.live order by v.joined_at, v.id
"""
# One that a worker is taking just now is not joined: it may be gone before we commit.
_WAITING = """
select v.account_id, a.id, a.victim_id, a.channel, a.about
from people_victim v join alerts_alert a on a.victim_id = v.id
join delivery_dispatch d on d.owner_id = a.id
where v.account_id = any(%s) and a.about = any(%s) and a.state <> all(%s) and d.state <> all(%s)
for update of d skip locked
"""
_LAST = """
select v.account_id, max(a.sent_at) as at from people_victim v join alerts_alert a on a.victim_id = v.id
where v.account_id = any(%s) and a.about = %s group by v.account_id
"""
# By which ways these accounts were signed in to lately, and when an officer last let somebody in again.
_USED = """
select account_id, array_agg(distinct by) filter (where by <> '' and at > %s) as ways,
  max(at) filter (where how = %s) as let_in
from people_sign_in where account_id = any(%s) group by account_id
"""


class Speaker(NamedTuple):
    """By whom of an account's victims, and by which channel, its owner is told."""

    person: Person
    case_id: UUID
    channel: str


def tell_of_sign_ins(signed: Sequence[SignIn], *, now: datetime) -> dict[UUID, str]:
    """Tell the owners of these accounts that they were signed in to. Says of each by which channel, or why not.

    Several sign-ins become one note, also with one that has not gone out yet. A bounded number of statements for each
    force that has a victim among them.
    """
    said = {one.id: "joined" for one in signed if one.how == JOINED}
    groups: dict[tuple[UUID, str], list[SignIn]] = defaultdict(list)
    for one in signed:
        if one.id not in said:
            groups[one.account_id, FROZEN if one.how == own.FROZEN else SIGN_IN].append(one)
    if not groups:
        return said
    accounts = list({account for account, _ in groups})
    parts = parts_of(accounts, now)
    used = _used({account for account, about in groups if about == FROZEN}, now)
    waiting = setwise.fetch(_WAITING, [accounts, list(OF_ACCOUNT), list(OVER), list(NOT_WAITING)])
    last = {row["account_id"]: row["at"] for row in setwise.fetch(_LAST, [accounts, SIGN_IN]) if row["at"]}
    decisions: dict[int, Decisions] = {}
    for (account, about), several in groups.items():
        speakers = _speakers(parts.get(account, []), about, several, used.get(account), now)
        word = speakers if isinstance(speakers, str) else "+".join(one.channel for one in speakers)
        said |= {one.id: word for one in several}
        for speaker in speakers if isinstance(speakers, list) else ():
            writing = decisions.setdefault(speaker.person.force, Decisions(speaker.person.force, now))
            told = [
                News(
                    speaker.person.id,
                    speaker.case_id,
                    f"sign-in:{one.id}:{speaker.channel}",
                    0,
                    _NOTHING,
                    about,
                )
                for one in several
            ]
            joined = [
                row["id"] for row in waiting
                if (row["victim_id"], row["channel"], row["about"]) == (speaker.person.id, speaker.channel, about)
            ]  # fmt: skip
            if joined:
                writing.join(speaker.person, joined[0], told)
            else:
                add(writing, speaker, about, told, last.get(account) if about == SIGN_IN else None)
    for writing in decisions.values():
        writing.store()
    return said


def mark_unsafe(alerts: Iterable[dict[str, Any]], now: datetime) -> None:
    """Mark those of these alerts about accounts that go by a way that is not safe for all of the account any more, and
    those that say that one is closed that an officer has opened since."""
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for alert in alerts:
        if alert["about"] in OF_ACCOUNT:
            found[alert["victim_id"]].append(alert)
    if not found:
        return
    rows = setwise.fetch(
        "select id, account_id from people_victim where id = any(%s) and account_id is not null",
        [list(found)],
    )
    accounts = {row["account_id"] for row in rows}
    parts, used = parts_of(accounts, now), _used(accounts, now)
    for row in rows:
        everybody = [person for person, _ in parts[row["account_id"]]]
        for alert in found[row["id"]]:
            alert["unsafe"] = not _all_allow(everybody, alert["channel"]) or (
                alert["about"] == FROZEN
                and bool(_not_closed(everybody, used.get(row["account_id"]), alert["decided_at"]))
            )


class _Used(NamedTuple):
    """How an account was signed in to."""

    ways: frozenset[str]
    let_in: datetime | None


def _used(accounts: Collection[UUID], now: datetime) -> dict[UUID, _Used]:
    if not accounts:
        return {}
    rows = setwise.fetch(_USED, [now - LATELY, LET_IN, list(accounts)])
    return {row["account_id"]: _Used(frozenset(row["ways"] or ()), row["let_in"]) for row in rows}


def _not_closed(everybody: Iterable[Person], used: _Used | None, since: datetime) -> str:
    """Why nobody is told that an account was closed at that moment; empty when somebody may be."""
    if used and used.let_in and used.let_in >= since:
        return "let in again"
    return "disguise" if any(person.contact.disguise for person in everybody) else ""


def parts_of(accounts: Collection[UUID], now: datetime) -> dict[UUID, list[tuple[Person, UUID | None]]]:
    """The parts of these accounts in crimes, each with its open case, if it has one. Two statements."""
    rows = setwise.fetch(_VICTIMS, [now, list(accounts)])
    known = people([row["id"] for row in rows])
    parts: dict[UUID, list[tuple[Person, UUID | None]]] = defaultdict(list)
    for row in rows:
        if row["id"] in known:
            parts[row["account_id"]].append((known[row["id"]], row["case_id"]))
    return parts


def _speakers(
    parts: Sequence[tuple[Person, UUID | None]],
    about: str,
    several: Sequence[SignIn],
    used: _Used | None,
    now: datetime,
) -> list[Speaker] | str:
    """Who tells, by which channels; or a word for why nobody can."""
    everybody = [person for person, _ in parts]
    for person in everybody:
        if reason := no_machine(person.contact, neutral()):
            return reason
    ways = {one.by for one in several}
    if about == FROZEN:
        if reason := _not_closed(everybody, used, max(one.at for one in several)):
            return reason
        # whoever has the email may have a code or a new password come to it
        ways |= {"email"} | (used.ways if used else frozenset())
    found = open_ways(parts, everybody, now)
    others = [one for one in found if one.channel not in ways]
    if about == FROZEN:
        return others[:1] or "no safe way"
    if others and any(one.how == LET_IN for one in several):
        return others
    # a way that was used is the last that is taken
    return (others or found)[:1] or "no safe way"


def open_ways(
    parts: Sequence[tuple[Person, UUID | None]], everybody: Sequence[Person], now: datetime
) -> list[Speaker]:
    """By each channel that is safe for all of them, in the usual order, who of them speaks."""
    # the strictest speaks for all: in disguise, within the hours of who has hours
    strictest = sorted(
        parts, key=lambda part: (not part[0].contact.disguise, part[0].contact.safe_from is None)
    )
    disguised = any(person.contact.disguise for person in everybody)
    found = []
    for channel in MACHINE:
        if channel not in set_up() or not _all_allow(everybody, channel):
            continue
        for person, case_id in strictest:
            if case_id is None or person.contact.disguise != disguised:
                continue
            if allow(person.contact, channel, now=now, neutral=neutral()).how == "machine":
                found.append(Speaker(person, case_id, channel))
                break
    return found


def _all_allow(everybody: Iterable[Person], channel: str) -> bool:
    """Whether that channel is safe for each of them who can be reached by it or has said what is safe."""
    return all(
        not no_machine(person.contact, neutral())
        and is_safe(person.contact, channel)
        and (not person.contact.disguise or channel in neutral())
        for person in everybody
    )


def add(
    decisions: Decisions, speaker: Speaker, about: str, told: Sequence[News], last: datetime | None
) -> None:
    """Decide that this is told; not before `COLLAPSED` has gone by since the `last` time."""
    person, channel = speaker.person, speaker.channel
    way = allow(person.contact, channel, now=decisions.now, neutral=decisions.neutral)
    at = way.at or decisions.now
    if last is not None and last + COLLAPSED > at:
        way = way._replace(at=last + COLLAPSED, reason="gathered")
    id_ = new_id()
    row = decisions.waiting(id_, person, speaker.case_id, about, way)
    said = alert_words(person, channel, 1, about=about)
    decisions.add(
        person, Decided(row, letter(id_, "alert", person, channel, said, due_at=way.at or at)), told
    )
